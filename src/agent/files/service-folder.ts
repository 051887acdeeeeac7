import { AppError } from "../../core/app-error.ts";
import { PinnedFolder } from "./pinned-folder.ts";

const SERVICE_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

export interface ServiceFolderOptions {
  /** The directory that holds one for each service. */
  readonly root: string;
  /** Directories of the agent's own: nobody pushes into one, or over one. */
  readonly reserved: readonly string[];
}

/**
 * Gives `use` the directory in which the last of `parts` lies, and closes it afterwards. With `make`, what is missing on
 * the way is made, and `made` names the directories that have new entries. Throws `not_found`/`FILE_NOT_FOUND` without it.
 */
export async function inServiceFolder<T>(
  options: ServiceFolderOptions,
  service: string,
  parts: readonly string[],
  make: boolean,
  use: (folder: PinnedFolder, made: readonly PinnedFolder[]) => Promise<T>,
): Promise<T> {
  requireServiceName(service);
  const open: PinnedFolder[] = [PinnedFolder.root(options.root)];
  const changed: PinnedFolder[] = [];
  try {
    for (const name of [service, ...parts.slice(0, -1)]) {
      const parent = open.at(-1) as PinnedFolder;
      const { folder, made } = make ? parent.childOrNew(name) : { folder: requireChild(parent, name), made: false };
      open.push(folder);
      if (made) changed.push(parent);
      requireNotReserved(options.reserved, folder);
    }
    return await use(open.at(-1) as PinnedFolder, changed);
  } finally {
    for (const folder of open.reverse()) folder.close();
  }
}

/** Throws `invalid`/`SERVICE_NAME_INVALID` for what cannot be one part of a path. */
function requireServiceName(service: string): void {
  if (SERVICE_NAME.test(service)) return;
  throw new AppError("invalid", "SERVICE_NAME_INVALID", "That is no name of a service", { hint: "letters, digits and -, as in web-api" });
}

function requireChild(parent: PinnedFolder, name: string): PinnedFolder {
  const folder = parent.child(name);
  if (folder === undefined) throw new AppError("not_found", "FILE_NOT_FOUND", `There is no ${parent.path}/${name}`);
  return folder;
}

/** By what they are and not by their names: a directory has as many names as there are mounts of it. */
function requireNotReserved(reserved: readonly string[], folder: PinnedFolder): void {
  for (const path of reserved) {
    const own = reservedFolder(path);
    if (own === undefined) continue;
    const isOwn = own.isSame(folder);
    own.close();
    if (!isOwn) continue;
    throw new AppError("denied", "SERVICE_FOLDER_RESERVED", `${folder.path} is the agent's own directory`, {
      hint: "files of a service belong into a directory of its own name",
    });
  }
}

function reservedFolder(path: string): PinnedFolder | undefined {
  try {
    return PinnedFolder.root(path);
  } catch {
    return undefined; // It is not there, so nothing can lie in it.
  }
}
