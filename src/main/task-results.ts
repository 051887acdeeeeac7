import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AppError, toAppError } from "../core/app-error.ts";
import { writePrivateFile } from "./private-file.ts";

/** As long as a task is there to name its file. */
const KEPT_MS = 24 * 3600_000;

/**
 * Keeps results of dispatched calls that are too large for their tasks, each in a file of its own that only its owner can read,
 * for a day; those that are older go with the next one. Gives the name of the file, undefined where it could not be written.
 */
export function keepResultsIn(
  folder: string,
  onFailure: (error: AppError) => void,
): (taskId: string, text: string) => Promise<string | undefined> {
  return async (taskId, text) => {
    const name = `${taskId}.json`;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      removeOld(folder, Date.now() - KEPT_MS);
      writePrivateFile(join(folder, name), text);
      return name;
    } catch (thrown) {
      onFailure(toAppError(thrown));
      return undefined;
    }
  };
}

function removeOld(folder: string, before: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).mtimeMs < before) rmSync(path, { force: true });
  }
}
