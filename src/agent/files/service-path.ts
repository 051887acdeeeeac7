import { AppError } from "../../core/app-error.ts";

const MAX_PATH_BYTES = 4095;
const MAX_PART_BYTES = 255;
const HINT = "write it relative to the service's directory, as in conf/app.toml";

/** Files of this name are pushes on their way; `push-file.ts` makes and clears them. */
export const PUSH_PREFIX = ".mcp-push-";

/**
 * The parts of a path below a service's directory. Throws `invalid`/`FILE_PATH_INVALID` for whatever is not plainly that:
 * nothing is tidied up, since what is tidied is read in two ways.
 */
export function parseServicePath(raw: string): readonly string[] {
  const problem = problemOf(raw);
  if (problem !== undefined) throw new AppError("invalid", "FILE_PATH_INVALID", `This is no path of a file: ${problem}`, { hint: HINT });
  return raw.split("/");
}

function problemOf(raw: string): string | undefined {
  if (raw === "") return "it is empty";
  if (raw.includes("\0")) return "it has a NUL";
  // What is no Unicode would name another file on the disk than it says.
  if (!raw.isWellFormed()) return "it is not Unicode";
  if (raw.startsWith("/")) return "it is absolute";
  if (Buffer.byteLength(raw) > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`;
  for (const part of raw.split("/")) {
    if (part === "") return "a part of it is empty";
    if (part === "." || part === "..") return `it has the part "${part}"`;
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return `a part of it is longer than ${MAX_PART_BYTES} bytes`;
    if (part.startsWith(PUSH_PREFIX)) return `${PUSH_PREFIX}… is for files on their way`;
  }
  return undefined;
}
