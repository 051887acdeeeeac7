import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../core/app-error.ts";
import { fileFault } from "./file-fault.ts";
import { O_PATH, type PinnedFolder, symlinkFault } from "./pinned-folder.ts";

const CHUNK_BYTES = 64 * 1024;

/** A file that is being read. Its content can be read once; `close` is to be called whatever happens. */
export interface PulledFile {
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly modifiedAt: Date;
  /** Exactly `size` bytes; throws `conflict`/`FILE_CHANGED` where it was cut short meanwhile. */
  readonly content: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a regular file with one name, of `maxBytes` at most; anything else is not even opened for reading. */
export async function pullFile(folder: PinnedFolder, name: string, maxBytes: number, signal?: AbortSignal): Promise<PulledFile> {
  const path = `${folder.path}/${name}`;
  const file = await openRegular(folder, name, path).catch((thrown: unknown) => {
    throw fileFault(thrown, path);
  });
  try {
    const { mode, size, mtime } = await file.stat();
    if (size > maxBytes) {
      throw new AppError("invalid", "FILE_TOO_LARGE", `${path} has ${size} bytes; at most ${maxBytes} are sent`);
    }
    return { mode: mode & 0o777, size, modifiedAt: mtime, content: chunksOf(file, size, path, signal), close: () => file.close() };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** Holds the thing first and looks what it is, then opens that very thing: a device or a fifo is never opened to find out. */
async function openRegular(folder: PinnedFolder, name: string, path: string): Promise<FileHandle> {
  const held = openSync(folder.at(name), O_PATH | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(held);
    if (stat.isSymbolicLink()) throw symlinkFault(path);
    if (!stat.isFile()) throw new AppError("precondition", "FILE_NOT_REGULAR", `${path} is no regular file`);
    if (stat.nlink > 1) {
      throw new AppError("precondition", "FILE_HARD_LINKED", `${path} has ${stat.nlink} names, and another may lie elsewhere`, {
        hint: "copy it to a file of its own",
      });
    }
    return await open(`/proc/self/fd/${held}`, constants.O_RDONLY);
  } finally {
    closeSync(held);
  }
}

async function* chunksOf(file: FileHandle, size: number, path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < size; ) {
    signal?.throwIfAborted();
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - sent));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, sent);
    if (bytesRead === 0)
      throw new AppError("conflict", "FILE_CHANGED", `${path} was cut short while it was read`, { hint: "pull it again" });
    sent += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
