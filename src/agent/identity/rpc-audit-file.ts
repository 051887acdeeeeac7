import { chmod, mkdir, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { RpcAudit, RpcAuditEntry } from "./rpc-audit.ts";

export interface RpcAuditFileOptions {
  readonly path: string;
  /** A file that has become larger is set aside as `<path>.1`, the one before it as `.2`, and so on. */
  readonly maxBytes?: number;
  /** How many that were set aside are kept. */
  readonly keep?: number;
  /** Told of entries that could not be written, once in a row. */
  readonly onLost: (count: number, cause: unknown) => void;
}

const MAX_BYTES = 10 * 1024 * 1024;
const KEEP = 5;
/** Entries that wait to be written; one beyond them is counted as lost. */
const MAX_WAITING = 10_000;

/** The audit of an agent: a line of JSON for each entry, in a file that only its owner can read (0600). */
export class RpcAuditFile implements RpcAudit {
  readonly #options: Required<RpcAuditFileOptions>;
  #waiting: string[] = [];
  #lost = 0;
  #writing: Promise<void> | undefined;

  constructor(options: RpcAuditFileOptions) {
    this.#options = { maxBytes: MAX_BYTES, keep: KEEP, ...options };
  }

  record(entry: RpcAuditEntry): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything so far was written. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    // Those of one turn go out together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      await this.#append(lines).catch((cause: unknown) => {
        this.#lost += lines.length;
        this.#options.onLost(this.#lost, cause);
      });
    }
    if (this.#lost === 0) return;
    this.#options.onLost(this.#lost, undefined);
    this.#lost = 0;
  }

  async #append(lines: readonly string[]): Promise<void> {
    const { path, maxBytes } = this.#options;
    if ((await sizeOf(path)) >= maxBytes) await this.#rotate();
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, "a", 0o600);
    try {
      await file.appendFile(lines.join(""));
      await file.datasync();
    } finally {
      await file.close();
    }
    await chmod(path, 0o600);
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options;
    const aside = (number: number) => (number === 0 ? path : `${path}.${number}`);
    for (let number = keep - 1; number >= 0; number--) await rename(aside(number), aside(number + 1)).catch(ignoreMissing);
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(ignoreMissing))?.size ?? 0;
}

function ignoreMissing(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== "ENOENT") throw thrown;
}
