import { readdir, readFile } from "node:fs/promises";
import type { CleanupProcess } from "../node-facts.ts";

/** Ticks of a second in `/proc/PID/stat`: 100 on every Linux that podman runs on (USER_HZ). */
const TICKS = 100;

/** Processes of `podman … container cleanup …`, which conmon starts when a container ends. */
export async function cleanupProcesses(proc = "/proc"): Promise<readonly CleanupProcess[]> {
  const uptime = Number((await read(`${proc}/uptime`)).split(" ")[0]);
  const found: CleanupProcess[] = [];
  for (const name of await readdir(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await read(`${proc}/${name}/cmdline`)).split("\0");
    if (!isCleanup(words)) continue;
    const ageSeconds = uptime - startOf(await read(`${proc}/${name}/stat`)) / TICKS;
    if (Number.isFinite(ageSeconds))
      found.push({ pid: Number(name), command: words.join(" ").trim(), ageSeconds: Math.max(0, ageSeconds) });
  }
  return found;
}

function isCleanup(words: readonly string[]): boolean {
  return /(^|\/)podman$/.test(words[0] ?? "") && words.includes("cleanup") && words.includes("container");
}

/** The 22nd field; the second one, the program's name, may hold spaces and brackets (proc_pid_stat(5)). */
function startOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}

/** Empty where the process has ended meanwhile. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
