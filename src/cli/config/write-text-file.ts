import { randomUUID } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../core/app-error.ts";

/**
 * Writes a person's text file, whole or not at all: its mode stays, a link is followed, folders on the way are made. Throws
 * `precondition`/`FILE_UNWRITABLE`.
 */
export function writeTextFile(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const target = realPathOf(path);
    replace(target, content, modeOf(target));
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "unknown";
    throw new AppError("precondition", "FILE_UNWRITABLE", `${path} cannot be written: ${code}`, { cause });
  }
}

function replace(target: string, content: string, mode: number | undefined): void {
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  // "wx" opens no file that is there and follows no link.
  const file = openSync(temporary, "wx", 0o644);
  try {
    if (mode !== undefined) fchmodSync(file, mode);
    writeSync(file, content);
    fsyncSync(file);
    renameSync(temporary, target);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  } finally {
    closeSync(file);
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return undefined;
  }
}
