import { readdirSync, readlinkSync } from "node:fs";

/** How many sockets and pipes a process has open. Its files are left out: they come and go with what it writes. Linux only. */
export function openEnds(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => /^(socket|pipe):/.test(targetOf(pid, descriptor))).length;
}

function targetOf(pid: number, descriptor: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
  } catch {
    // Closed in between.
    return "";
  }
}
