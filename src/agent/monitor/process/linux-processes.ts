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
    isAlive(pid) {
      const state = stateOf(pid);
      return state === undefined ? exists(pid) : state !== "Z" && state !== "X";
    },
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

/**
 * One letter; Z and X for one that has ended (proc(5), `stat`: it follows the name in brackets). Undefined where /proc does not show it:
 * there is none, or it may not be seen.
 */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.charAt(stat.lastIndexOf(")") + 2);
  } catch {
    return undefined;
  }
}
