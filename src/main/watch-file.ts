import { type FSWatcher, realpathSync, statSync, watch } from "node:fs";
import { dirname } from "node:path";

export interface WatchFileOptions {
  readonly path: string;
  /** The file is another one, has another content, or is gone or back. Called once it has been quiet for a while. */
  readonly onChange: () => void;
  /** How long nothing must happen until it is looked at, so that nobody reads half of what is being written, in ms. */
  readonly quietMs?: number;
  /** How long that may be put off where something happens all the time, in ms. */
  readonly latestMs?: number;
  /** How often it is looked at in any case: not every file system tells of changes, in ms. */
  readonly lookMs?: number;
}

const QUIET_MS = 200;
const LATEST_MS = 2000;
const LOOK_MS = 5000;

/**
 * Watches one file, through whatever leads to it: the folder it is named in and the one it really is in, since editors put
 * a new file in its place and Kubernetes turns a symbolic link to another folder. Returns how to let go of it. Never throws.
 */
export function watchFile(options: WatchFileOptions): () => void {
  const watched = new WatchedFile(options);
  return () => watched.close();
}

class WatchedFile {
  readonly #options: WatchFileOptions;
  /** By folder: at most the two that lead to the file. */
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #looking: ReturnType<typeof setInterval>;
  #seen: string;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #restlessSince = 0;
  #closed = false;

  constructor(options: WatchFileOptions) {
    this.#options = options;
    this.#seen = signatureOf(options.path);
    this.#watchFolders();
    this.#looking = setInterval(() => this.#happened(), options.lookMs ?? LOOK_MS);
    this.#looking.unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#looking);
    clearTimeout(this.#quiet);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Something in a folder, which may be this file or any other. */
  #happened(): void {
    if (this.#closed) return;
    const { quietMs = QUIET_MS, latestMs = LATEST_MS } = this.#options;
    const now = performance.now();
    if (this.#quiet === undefined) this.#restlessSince = now;
    else if (now - this.#restlessSince > latestMs - quietMs) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#look(), quietMs);
    this.#quiet.unref();
  }

  #look(): void {
    this.#quiet = undefined;
    this.#watchFolders();
    const now = signatureOf(this.#options.path);
    if (now === this.#seen) return;
    this.#seen = now;
    this.#options.onChange();
  }

  #watchFolders(): void {
    const folders = foldersOf(this.#options.path);
    for (const [folder, watcher] of this.#watchers) if (!folders.has(folder)) this.#drop(folder, watcher);
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#happened());
      watcher.on("error", () => this.#drop(folder, watcher));
      this.#watchers.set(folder, watcher);
    } catch {
      // A folder that is gone, or too many watches on this machine: the file is looked at now and then all the same.
    }
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
  }
}

function foldersOf(path: string): ReadonlySet<string> {
  try {
    return new Set([dirname(path), dirname(realpathSync(path))]);
  } catch {
    return new Set([dirname(path)]);
  }
}

/** Differs where another file is there, or the same one was written to. */
function signatureOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (thrown) {
    return (thrown as { readonly code?: string }).code ?? "unreadable";
  }
}
