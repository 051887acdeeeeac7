import { oneLine } from "../core/one-line.ts";
import { isPlainRelativePath } from "./absolute-path.ts";
import { invalidDefinition } from "./invalid-definition.ts";

/** Programs in containers do read variables with a dot or a dash. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;
/** By these the agent knows its own containers. */
const OWN_LABELS = "io.mcpctl.";

/** Throws `invalid`/`SERVICE_DEFINITION_INVALID`, as all here. */
export function parseVariable(text: string): string {
  if (VARIABLE.test(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 80)}' is no name of a variable`, "write letters, digits and '_', not beginning with a digit");
}

export function parseLabelKey(text: string): string {
  if (text.startsWith(OWN_LABELS)) throw invalidDefinition(`labels that begin with ${OWN_LABELS} are the agent's own`);
  if (LABEL.test(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 80)}' is no key of a label`, "write letters, digits, '.', '_', '-' and '/'");
}

/** A value of a variable or a label, or an argument: any text without a NUL, which ends it. */
export function parseArgument(text: string): string {
  if (!text.includes("\0")) return text;
  throw invalidDefinition("a NUL can stand in no argument and in no variable");
}

/** The path of a secret's file, below the service's directory. */
export function parseSecretPath(text: string): string {
  if (isPlainRelativePath(text)) return text;
  throw invalidDefinition(
    `'${oneLine(text, 120)}' is no path of a secret`,
    "write a path below the service's directory, such as secrets/token: no '..', not absolute",
  );
}
