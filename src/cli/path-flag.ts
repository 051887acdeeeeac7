import { AppError } from "../core/app-error.ts";

/** A path that a flag may give. Throws `invalid` for an empty one, which is most often a variable that was not set. */
export function parsePathFlag(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || (text.trim() !== "" && !text.includes("\0"))) return text;
  throw new AppError("invalid", "PATH_INVALID", `${flag} is empty`, { hint: "leave it out for the default" });
}
