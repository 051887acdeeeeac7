import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { syncDirectory } from "../snapshot/durable-file.ts";

const MAX_BYTES = 16 * 1024;
const OTHERS = 0o077;

/**
 * The token in a file. Throws `not_found`/`TOKEN_FILE_MISSING`, `precondition`/`TOKEN_FILE_OPEN` where others than its
 * owner may read it, `invalid`/`TOKEN_FILE_INVALID` where it holds no token.
 */
export async function loadToken(path: string): Promise<string> {
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT") throw cause;
    throw new AppError("not_found", "TOKEN_FILE_MISSING", `There is no token in ${path}`, { cause, hint: "log in first" });
  });
  try {
    // Of the file that is open, so that it cannot be changed for another in between.
    const { mode, size } = await file.stat();
    if ((mode & OTHERS) !== 0) {
      throw new AppError("precondition", "TOKEN_FILE_OPEN", `Others may read the token in ${path}`, { hint: `chmod 600 ${path}` });
    }
    const token = size > MAX_BYTES ? "" : (await file.readFile("utf8")).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
    throw new AppError("invalid", "TOKEN_FILE_INVALID", `${path} holds no token`, { hint: "log in again" });
  } finally {
    await file.close();
  }
}

/** Writes a token to a file that only its owner can read (0600), whole or not at all, durable when it resolves. */
export async function saveToken(path: string, token: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    // "wx" opens no file that is there and follows no link.
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${token}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(folder);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}
