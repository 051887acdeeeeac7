import { readdirSync, readFileSync } from "node:fs";

/** The ids of the processes with this text in their command line, this one left out. Linux only. */
export function processesNaming(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandLine(pid).includes(text));
}

export function isAlive(pid: number): boolean {
  // One that is gone and not yet waited for has an empty command line.
  return commandLine(pid) !== "";
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
