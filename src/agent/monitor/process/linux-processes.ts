import { readFileSync } from "node:fs";
import type { ProcessTable } from "../process-table.ts";

/** Processes of this machine. `exists` sends them the signal 0, or finds out as cheaply. */
export function linuxProcesses(exists: (pid: number) => boolean): ProcessTable {
  return { exists, isAlive: (pid) => exists(pid) && !isZombie(pid) };
}

/** Of a process that has ended and whose parent has not asked how (proc(5), `stat`: the state follows the name in brackets). */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return /^ [ZX] /.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    // Where there is no /proc nobody can tell; a process that has gone in between shows the next time.
    return false;
  }
}
