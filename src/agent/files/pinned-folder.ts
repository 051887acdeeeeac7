import { chmodSync, closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, type Stats } from "node:fs";
import { AppError } from "../../core/app-error.ts";
import { fileFault } from "./file-fault.ts";

/** Linux: a descriptor that names a thing and cannot read it; opening it has no effect on a device. */
export const O_PATH = 0o10000000;
const FOLDER = O_PATH | constants.O_DIRECTORY;
const FOLDER_MODE = 0o755;

/**
 * A directory that is held open, so that it stays the one that was reached, whatever is put in its place afterwards.
 *
 * Its entries are named through `/proc/self/fd/N/…`: the kernel goes from the directory itself, over one name, and
 * follows no link that stands there. That is what openat does, without a foreign function (ADR 17).
 */
export class PinnedFolder {
  readonly #fd: number;
  /** For messages. */
  readonly path: string;

  private constructor(fd: number, path: string) {
    this.#fd = fd;
    this.path = path;
  }

  /** A directory that the operator has named; links on the way to it are theirs. Throws `precondition`/`FILES_ROOT_MISSING`. */
  static root(path: string): PinnedFolder {
    try {
      return new PinnedFolder(openSync(path, FOLDER), path);
    } catch (cause) {
      throw new AppError("precondition", "FILES_ROOT_MISSING", `${path}, which is to hold the services' directories, cannot be opened`, {
        cause,
        hint: `make it: install -d -m 0755 ${path}`,
      });
    }
  }

  /** How a system call reaches an entry, or the directory itself. `name` is one part of a path that was parsed. */
  at(name?: string): string {
    return name === undefined ? `/proc/self/fd/${this.#fd}` : `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** An entry as it is, links not followed. */
  stat(name: string): Stats | undefined {
    return lstatSync(this.at(name), { throwIfNoEntry: false });
  }

  /**
   * A directory in this one; undefined where nothing has the name. Throws `precondition`/`FILE_PATH_SYMLINK` where a link
   * has it, `precondition`/`FILE_NOT_REGULAR` where something else has.
   */
  child(name: string): PinnedFolder | undefined {
    const path = `${this.path}/${name}`;
    try {
      return new PinnedFolder(openSync(this.at(name), FOLDER | constants.O_NOFOLLOW), path);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      // Linux says ENOTDIR of a link too, as it is asked for a directory first.
      if (code !== "ENOTDIR" && code !== "ELOOP") throw fileFault(thrown, path);
      if (this.stat(name)?.isSymbolicLink()) throw symlinkFault(path, thrown);
      throw new AppError("precondition", "FILE_NOT_REGULAR", `${path} is not a directory`, { cause: thrown });
    }
  }

  /** The same, made with mode 0755 where nothing has the name; `made` says so. */
  childOrNew(name: string): { readonly folder: PinnedFolder; readonly made: boolean } {
    const there = this.child(name);
    if (there !== undefined) return { folder: there, made: false };
    const made = this.#make(name);
    const folder = this.child(name);
    if (folder === undefined) throw fileFault(Object.assign(new Error("it went away at once"), { code: "ENOENT" }), `${this.path}/${name}`);
    // The process's umask has cut the mode; the one who runs in the container is mostly another user.
    if (made) chmodSync(folder.at(), FOLDER_MODE);
    return { folder, made };
  }

  #make(name: string): boolean {
    try {
      mkdirSync(this.at(name), { mode: FOLDER_MODE });
      return true;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw fileFault(thrown, `${this.path}/${name}`);
    }
  }

  /** Says whether two hold the same directory. */
  isSame(other: PinnedFolder): boolean {
    const [mine, theirs] = [fstatSync(this.#fd, { bigint: true }), fstatSync(other.#fd, { bigint: true })];
    return mine.dev === theirs.dev && mine.ino === theirs.ino;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

export function symlinkFault(path: string, cause?: unknown): AppError {
  return new AppError("precondition", "FILE_PATH_SYMLINK", `${path} is a symbolic link, and none is followed in a service's directory`, {
    cause,
    hint: "name the file itself, or take the link away",
  });
}
