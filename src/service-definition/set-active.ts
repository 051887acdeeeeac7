import { AppError } from "../core/app-error.ts";
import { parseServiceDefinition } from "./parse-service-definition.ts";
import { setTomlValue } from "./toml/edit-toml.ts";

/**
 * A definition's text with `active` set, and every other character as it was.
 *
 * Throws `invalid`/`SERVICE_DEFINITION_INVALID` where the text is no definition, `precondition`/`SERVICE_DEFINITION_NOT_EDITABLE`
 * where it cannot be changed without a loss.
 */
export function setActive(text: string, active: boolean, file: string): string {
  const before = parseServiceDefinition(text, file);
  if (before.active === active) return text;
  return requireEdited(setTomlValue(text, ["active"], active), file, { ...before, active });
}

/** The edited text, if it means what was wanted. An edit that has gone wrong is refused, never written. */
export function requireEdited(text: string | undefined, file: string, wanted: unknown): string {
  if (text !== undefined && Bun.deepEquals(parseServiceDefinition(text, file), wanted)) return text;
  throw new AppError("precondition", "SERVICE_DEFINITION_NOT_EDITABLE", `${file} cannot be changed without losing what stands in it`, {
    hint: "change it by hand, or write it to another file",
  });
}
