import { existsSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import { type DataFolder, prepareDataFolder } from "./data-folder.ts";
import { holdDataFolder } from "./hold-data-folder.ts";
import { type Instance, readInstance } from "./instance-file.ts";

/** How a running instance is reached. */
export type Running = NonNullable<Instance["running"]>;

/** One process holds the database: where one runs it is asked, else this command does the work itself. */
export async function withHolder<T>(
  folder: DataFolder,
  named: boolean,
  ask: (running: Running) => Promise<T>,
  alone: () => Promise<T>,
): Promise<T> {
  // The default folder may be new; one that was named and is not there was misspelt.
  if (named && !existsSync(folder.path)) {
    throw new AppError("not_found", "INSTALLATION_UNKNOWN", `There is no installation in ${folder.path}`, {
      hint: "'mcpctl up' makes one; --data-dir names another folder",
    });
  }
  prepareDataFolder(folder);
  if (isFree(folder)) return alone();
  const running = readInstance(folder.instance)?.running;
  if (running !== undefined) return ask(running);
  throw new AppError("unavailable", "INSTANCE_STARTING", "mcpctl is still starting", { hint: "try again in a moment" });
}

function isFree(folder: DataFolder): boolean {
  try {
    holdDataFolder(folder).release();
    return true;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.reason === "DATA_FOLDER_HELD") return false;
    throw thrown;
  }
}
