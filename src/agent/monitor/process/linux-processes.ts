import { readdirSync, readFileSync } from "node:fs";
import type { ProcessTable } from "../process-table.ts";

/**
 * Processes of this machine. `exists` sends them the signal 0, or finds out as cheaply. `readIds` gives the ids that can be seen:
 * of the others, where not all of them may be seen, `exists` is asked one by one.
 */
export function linuxProcesses(exists: (pid: number) => boolean, readIds: () => ReadonlySet<number> = () => NONE): ProcessTable {
  return {
    existing() {
      const seen = readIds();
      return (pid) => seen.has(pid) || exists(pid);
    },
    isAlive: (pid) => exists(pid) && !isZombie(pid),
  };
}

const NONE: ReadonlySet<number> = new Set();

/** The ids of the processes in /proc; none where it cannot be read. */
export function processIds(): ReadonlySet<number> {
  try {
    return new Set(readdirSync("/proc").map(Number));
  } catch {
    return NONE;
  }
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
