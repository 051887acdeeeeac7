/** Files of a running container, reached through the root of its main process. */
import { readdir, stat, writeFile } from "node:fs/promises";

const MAX_FILES = 1_000;

/** Puts a file into the container. False where that is not possible from here. */
export async function putFile(pid: number, path: string, content: string): Promise<boolean> {
  return writeFile(inside(pid, path), content).then(
    () => true,
    () => false,
  );
}

export async function hasFile(pid: number, path: string): Promise<boolean> {
  return stat(inside(pid, path)).then(
    () => true,
    () => false,
  );
}

/** Paths of the files below these folders, a thousand at most; undefined where they cannot be read from here. */
export async function filesBelow(pid: number, folders: readonly string[]): Promise<readonly string[] | undefined> {
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(inside(pid, folder), { recursive: true, withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) continue;
    const root = inside(pid, "");
    found.push(...entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`));
  }
  if (found.length > 0) return found.sort().slice(0, MAX_FILES);
  return (await readdir(inside(pid, "/")).catch(() => undefined)) === undefined ? undefined : [];
}

function inside(pid: number, path: string): string {
  return `/proc/${pid}/root${path}`;
}
