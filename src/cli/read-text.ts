import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import type { CliDeps } from "./ports.ts";

const MAX_PASSWORD_BYTES = 4_096;

/** The text of a file, or of standard input for `-`. Throws `invalid`: `FILE_UNREADABLE`, `FILE_TOO_LARGE`. */
export async function readText(deps: Pick<CliDeps, "readStdin">, path: string, maxBytes: number): Promise<string> {
  return path === "-" ? deps.readStdin(maxBytes) : readFile(path, maxBytes);
}

/** The text of a file. Throws `invalid`: `FILE_UNREADABLE`, `FILE_TOO_LARGE` with the limit. */
export function readFile(path: string, maxBytes: number): string {
  try {
    const file = openSync(path, "r");
    try {
      if (fstatSync(file).size > maxBytes) throw tooLarge(path, maxBytes);
      const bytes = Buffer.alloc(maxBytes + 1);
      const length = readUpTo(file, bytes);
      if (length > maxBytes) throw tooLarge(path, maxBytes);
      return bytes.toString("utf8", 0, length);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const why = (cause as { code?: string }).code ?? "unknown";
    throw new AppError("invalid", "FILE_UNREADABLE", `${path} cannot be read: ${why}`, { cause });
  }
}

/** The first line of standard input: a password or another secret, without its line end. Throws `invalid`/`STDIN_EMPTY`. */
export async function readSecretLine(deps: Pick<CliDeps, "readStdin">, flag: string): Promise<string> {
  const [line = ""] = await readSecretLines(deps);
  if (line !== "") return line;
  throw new AppError("invalid", "STDIN_EMPTY", `${flag} found nothing on standard input`, { hint: `pipe it in: … | mcpctl … ${flag}` });
}

/** The lines of standard input, without their ends. */
export async function readSecretLines(deps: Pick<CliDeps, "readStdin">): Promise<readonly string[]> {
  return (await deps.readStdin(MAX_PASSWORD_BYTES)).split(/\r?\n/);
}

/** The first line of a file that holds a password. */
export function readPasswordFile(path: string): string {
  return readFile(path, MAX_PASSWORD_BYTES).split(/\r?\n/)[0] ?? "";
}

/** A pipe or a device says nothing of its size. */
function readUpTo(file: number, bytes: Buffer): number {
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return length;
}

function tooLarge(path: string, maxBytes: number): AppError {
  return new AppError("invalid", "FILE_TOO_LARGE", `${path} is larger than ${maxBytes / 1024} KiB`);
}
