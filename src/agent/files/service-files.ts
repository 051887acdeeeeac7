import { AppError } from "../../core/app-error.ts";
import { type PulledFile, pullFile } from "./pull-file.ts";
import { pushFile, syncFolder } from "./push-file.ts";
import { inServiceFolder, type ServiceFolderOptions } from "./service-folder.ts";
import { parseServicePath } from "./service-path.ts";

export interface ServiceFilesOptions extends ServiceFolderOptions {
  /** Of one file. */
  readonly maxBytes: number;
  /** What a push leaves free on the disk. */
  readonly keepFreeBytes: number;
}

export interface PushHead {
  readonly service: string;
  /** Relative to the service's directory. */
  readonly path: string;
  /** Permission bits; 0 keeps those of a file that is there, and is 0644 for a new one. */
  readonly mode: number;
  /** Bytes that follow. */
  readonly size: number;
}

export interface PushedFile {
  readonly path: string;
  readonly size: number;
  /** Of the content, in hex. */
  readonly sha256: string;
}

/** Files of services: `<root>/<service>/<path>`, and nothing out of that directory (security rule 15). */
export class ServiceFiles {
  readonly #options: ServiceFilesOptions;
  /** Bytes that pushes on their way may still write; they are not free any more. */
  #promised = 0;

  constructor(options: ServiceFilesOptions) {
    this.#options = options;
  }

  /**
   * Puts a file in its place, whole or not at all. Of several at once to one path, each is whole and the last one stays.
   *
   * Throws `invalid`/`FILE_PATH_INVALID`, `FILE_MODE_INVALID`, `FILE_TOO_LARGE`, `FILE_SIZE_WRONG`, `SERVICE_NAME_INVALID`;
   * `precondition`/`FILE_PATH_SYMLINK`, `FILE_NOT_REGULAR`, `FILE_HARD_LINKED`, `FILE_NO_RIGHT`, `FILES_ROOT_MISSING`;
   * `denied`/`SERVICE_FOLDER_RESERVED`; `exhausted`/`DISK_FULL`; and what `content` or `signal` throws.
   */
  async push(head: PushHead, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<PushedFile> {
    const parts = parseServicePath(head.path);
    this.#requireHead(head);
    const keepFreeBytes = this.#options.keepFreeBytes + this.#promised;
    this.#promised += head.size;
    try {
      return await inServiceFolder(this.#options, head.service, parts, true, async (folder, changed) => {
        const name = parts.at(-1) as string;
        for (const parent of changed) await syncFolder(parent);
        const sha256 = await pushFile(folder, name, { mode: head.mode, size: head.size, keepFreeBytes }, content, signal);
        return { path: `${folder.path}/${name}`, size: head.size, sha256 };
      });
    } finally {
      this.#promised -= head.size;
    }
  }

  /** Opens a file to be read. Throws as `push` does, and `not_found`/`FILE_NOT_FOUND`. */
  async pull(input: { readonly service: string; readonly path: string }, signal?: AbortSignal): Promise<PulledFile> {
    const parts = parseServicePath(input.path);
    return inServiceFolder(this.#options, input.service, parts, false, (folder) =>
      pullFile(folder, parts.at(-1) as string, this.#options.maxBytes, signal),
    );
  }

  #requireHead({ mode, size }: PushHead): void {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new AppError("invalid", "FILE_SIZE_WRONG", "The size of a file is a number of bytes");
    if (size > this.#options.maxBytes) {
      throw new AppError("invalid", "FILE_TOO_LARGE", `The file has ${size} bytes; at most ${this.#options.maxBytes} are taken`);
    }
    if (Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return;
    throw new AppError("invalid", "FILE_MODE_INVALID", "A file's mode is between 0 and 0777", {
      hint: "setuid, setgid and sticky bits are not set",
    });
  }
}
