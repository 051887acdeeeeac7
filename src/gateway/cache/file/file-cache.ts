import { hash, randomBytes } from "node:crypto";
import { access, constants, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { AppError, toAppError } from "../../../core/app-error.ts";
import type { CacheKey, TextCache } from "../text-cache.ts";

export interface FileCacheOptions {
  /** It is made where it is not there. */
  readonly dir: string;
  readonly limits?: FileCacheLimits;
  /** A text could not be kept. */
  readonly onFailure: (error: AppError) => void;
}

export interface FileCacheLimits {
  /** Of one text, in bytes. */
  readonly maxBytes: number;
  /** Of all that is kept. */
  readonly maxBytesOfAll: number;
  readonly maxEntries: number;
}

export const FILE_CACHE_LIMITS: FileCacheLimits = { maxBytes: 16 << 20, maxBytesOfAll: 256 << 20, maxEntries: 10_000 };

const ENTRY = /^[0-9a-f]{64}$/;
/** What a process has left behind that ended while it wrote. */
const UNFINISHED = /^[0-9a-f]{64}\.[0-9a-f]{16}$/;
const UNFINISHED_MS = 60_000;

/**
 * A folder with a file for each text, which several processes may share: a file is there whole or not at all. Its name is
 * a hash of the key, so that nothing of a key is a path. The texts that were asked for longest ago make room.
 */
export class FileCache implements TextCache {
  readonly #dir: string;
  readonly #limits: FileCacheLimits;
  readonly #onFailure: (error: AppError) => void;

  constructor({ dir, limits = FILE_CACHE_LIMITS, onFailure }: FileCacheOptions) {
    this.#dir = dir;
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  /** Makes the folder and sees whether it can be written to. Throws `precondition`/`CACHE_DIR_UNUSABLE`. */
  async open(): Promise<void> {
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await access(this.#dir, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new AppError("precondition", "CACHE_DIR_UNUSABLE", `${this.#dir} cannot be written to`, {
        cause,
        hint: "mount a volume there that this user may write to, or unset MCPLOCAL_CACHE_DIR",
      });
    }
    await this.#makeRoom();
  }

  async get(key: CacheKey): Promise<string | undefined> {
    const path = this.#pathOf(key);
    try {
      const { size } = await stat(path);
      if (size > this.#limits.maxBytes) return undefined;
      const text = await readFile(path, "utf8");
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return text;
    } catch {
      return undefined;
    }
  }

  async set(key: CacheKey, text: string): Promise<void> {
    if (Buffer.byteLength(text) > this.#limits.maxBytes) return;
    const path = this.#pathOf(key);
    const temporary = `${path}.${randomBytes(8).toString("hex")}`;
    try {
      // "wx" opens no file that is there and follows no link.
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await this.#makeRoom();
    } catch (thrown) {
      await rm(temporary, { force: true }).catch(() => {});
      this.#onFailure(toAppError(thrown));
    }
  }

  #pathOf({ owner, parts }: CacheKey): string {
    return join(this.#dir, hash("sha256", JSON.stringify([owner, ...parts]), "hex"));
  }

  async #makeRoom(): Promise<void> {
    const files = (await Promise.all((await readdir(this.#dir)).map((name) => this.#entryOf(name)))).filter((entry) => entry !== undefined);
    const newestFirst = files.toSorted((a, b) => b.usedMs - a.usedMs);
    let bytes = 0;
    for (const [index, entry] of newestFirst.entries()) {
      bytes += entry.bytes;
      const leftover = UNFINISHED.test(entry.name) && Date.now() - entry.usedMs > UNFINISHED_MS;
      if (leftover || index >= this.#limits.maxEntries || bytes > this.#limits.maxBytesOfAll) {
        await rm(join(this.#dir, entry.name), { force: true });
      }
    }
  }

  /** Undefined for what is not ours, or is gone meanwhile. */
  async #entryOf(name: string): Promise<{ readonly name: string; readonly bytes: number; readonly usedMs: number } | undefined> {
    if (!ENTRY.test(name) && !UNFINISHED.test(name)) return undefined;
    try {
      const { size, mtimeMs } = await stat(join(this.#dir, name));
      return { name, bytes: size, usedMs: mtimeMs };
    } catch {
      return undefined;
    }
  }
}
