import { createHash, randomBytes } from "node:crypto";
import { constants, existsSync, readlinkSync, type Stats } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { AppError } from "../../core/app-error.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { fileFault } from "./file-fault.ts";
import { type PinnedFolder, symlinkFault } from "./pinned-folder.ts";
import { PUSH_PREFIX } from "./service-path.ts";

const NEW_MODE = 0o644;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface PushInput {
  /** 0 keeps the mode of a file that is there, and is 0644 for a new one. */
  readonly mode: number;
  readonly size: number;
  /** Bytes to leave free on the disk, with those that other pushes still have to write. */
  readonly keepFreeBytes: number;
}

/** `PUSH_PREFIX`, the id of the process that pushes, and a random part. */
const UNFINISHED = /^\.mcp-push-(\d{1,10})-[0-9a-f]{16}$/;

/**
 * Writes a file beside its place and renames it there: whoever opens it sees the old content or the new one, whole, and
 * what fails leaves nothing. Durable when it resolves. Resolves with the SHA-256 of the content in hex.
 */
export async function pushFile(
  folder: PinnedFolder,
  name: string,
  input: PushInput,
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<string> {
  const path = `${folder.path}/${name}`;
  const old = folder.stat(name);
  requireReplaceable(old, path);
  await clearDeadPushes(folder);
  await requireRoom(folder, input, path);
  const temporary = `${PUSH_PREFIX}${ownPid()}-${randomBytes(8).toString("hex")}`;
  try {
    const sha256 = await write(folder.at(temporary), input, old, content, signal);
    // Here it takes effect: a caller that goes away later has pushed it.
    signal?.throwIfAborted();
    await rename(folder.at(temporary), folder.at(name));
    await syncFolder(folder);
    return sha256;
  } catch (thrown) {
    await rm(folder.at(temporary), { force: true });
    throw fileFault(thrown, path);
  }
}

/** Makes the entries of a directory durable. */
export async function syncFolder(folder: PinnedFolder): Promise<void> {
  const handle = await open(folder.at(), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The rename would put the file in the place of each of these; then a link, a device or a second name would be gone unasked. */
function requireReplaceable(old: Stats | undefined, path: string): void {
  if (old === undefined) return;
  if (old.isSymbolicLink()) throw symlinkFault(path);
  if (!old.isFile()) throw new AppError("precondition", "FILE_NOT_REGULAR", `${path} is there, and is no regular file`);
  if (old.nlink > 1) {
    throw new AppError("precondition", "FILE_HARD_LINKED", `${path} has ${old.nlink} names, and only one would be replaced`, {
      hint: "take the other names away first",
    });
  }
}

async function requireRoom(folder: PinnedFolder, { size, keepFreeBytes }: PushInput, path: string): Promise<void> {
  const disk = await statfs(folder.at());
  const free = disk.bavail * disk.bsize;
  const noInodes = disk.files > 0 && disk.ffree === 0;
  if (!noInodes && size + keepFreeBytes <= free) return;
  throw new AppError(
    "exhausted",
    "DISK_FULL",
    `There is no room on the disk for ${path}: ${noInodes ? "no inodes" : `${free} bytes`} free`,
    {
      hint: `it needs ${size} bytes and leaves ${keepFreeBytes}; free some space`,
    },
  );
}

async function write(
  temporary: string,
  input: PushInput,
  old: Stats | undefined,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  // Nobody else reads it before it has its owner and mode.
  const file = await open(temporary, NEW_FILE, 0o600);
  try {
    const sha256 = await copy(file, input.size, content, signal);
    if (old !== undefined) await keepOwner(file, old);
    await file.chmod(input.mode !== 0 ? input.mode : old !== undefined ? old.mode & 0o777 : NEW_MODE);
    await file.sync();
    return sha256;
  } finally {
    await file.close();
  }
}

async function copy(file: FileHandle, size: number, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  let written = 0;
  for await (const chunk of untilAborted(content, signal)) {
    if (written + chunk.length > size) throw sizeFault(size, `more came than ${size} bytes`);
    await writeAll(file, chunk);
    hash.update(chunk);
    written += chunk.length;
  }
  if (written !== size) throw sizeFault(size, `${written} came`);
  return hash.digest("hex");
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
}

function sizeFault(size: number, what: string): AppError {
  return new AppError("invalid", "FILE_SIZE_WRONG", `The file was to have ${size} bytes, and ${what}`, { hint: "push it again" });
}

async function keepOwner(file: FileHandle, old: Stats): Promise<void> {
  const { uid, gid } = await file.stat();
  if (uid !== old.uid || gid !== old.gid) await file.chown(old.uid, old.gid);
}

/** Pushes of processes that were killed; those of this and of any other that lives are left alone. */
async function clearDeadPushes(folder: PinnedFolder): Promise<void> {
  for (const name of await readdir(folder.at())) {
    const pid = UNFINISHED.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(folder.at(name), { force: true });
  }
}

function ownPid(): string {
  return readlinkSync("/proc/self");
}
