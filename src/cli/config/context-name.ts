import { AppError } from "../../core/app-error.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The name of a context. Throws `invalid`/`CONTEXT_NAME_INVALID`. */
export function parseContextName(text: string): string {
  if (NAME.test(text)) return text;
  throw new AppError("invalid", "CONTEXT_NAME_INVALID", `'${text}' is no name of a context`, {
    hint: "it is 1-63 letters, digits, '.', '_' and '-', starting with a letter or digit",
  });
}
