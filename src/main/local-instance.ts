import type { LocalInstance } from "../cli/ports.ts";
import { checkoutFolder } from "./checkout.ts";
import { dataFolderAt } from "./data-folder.ts";
import { readInstance } from "./instance-file.ts";

/** The instance that runs on this user's data folder; undefined where none does. */
export function localInstance(env: Readonly<Record<string, string | undefined>>): LocalInstance | undefined {
  const instance = readInstance(dataFolderAt(undefined, { env, checkout: checkoutFolder() }).instance);
  if (instance?.running === undefined || !isAlive(instance.pid)) return undefined;
  const { api, gateway = api } = instance.running;
  return { api, gateway };
}

/** A file of a process that was killed stays behind. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
