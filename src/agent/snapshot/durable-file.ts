import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Makes what was written to a file survive a power cut. */
export function syncFile(path: string): Promise<void> {
  return sync(path, constants.O_RDONLY);
}

/** The same for a directory's entries: new names, renames, removals. */
export function syncDirectory(path: string): Promise<void> {
  return sync(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

async function sync(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
