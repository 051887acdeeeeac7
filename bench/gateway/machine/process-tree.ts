import { readdirSync, readFileSync } from "node:fs";

/** One process as `/proc` shows it (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time so far, in clock ticks. */
  readonly cpuTicks: number;
  /** When it began, in ticks since boot: tells a process from a later one with the same id. */
  readonly startTicks: number;
}

/** Linux shows times to programs in ticks of 10 ms, whatever the kernel counts in (USER_HZ). */
const TICK_US = 10_000;

/** Returns nothing for text that is not a `/proc/PID/stat` line. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // The name in brackets may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parentPid, userTicks, systemTicks, startTicks] = [1, 11, 12, 19].map((at) => Number(fields[at] ?? Number.NaN));
  const parsed = { pid: Number.parseInt(text, 10), parentPid, cpuTicks: (userTicks ?? 0) + (systemTicks ?? 0), startTicks };
  return Object.values(parsed).every(Number.isFinite) ? (parsed as ProcessStat) : undefined;
}

/** The process and all below it that still run; empty once it is gone. */
export function readProcessTree(rootPid: number): readonly ProcessStat[] {
  const root = readStat(rootPid);
  if (root === undefined) return [];
  const all = readAllStats();
  const tree: ProcessStat[] = [root];
  for (const parent of tree) tree.push(...all.filter((process) => process.parentPid === parent.pid));
  return tree;
}

/** What a proxy costs: its process tree without the children that `isFixture` names by their arguments. */
export interface ProcessCost {
  readonly cpuUs: number;
  readonly residentKiB: number;
}

export function readProcessCost(rootPid: number, isFixture: (argv: readonly string[]) => boolean): ProcessCost {
  const counted = readProcessTree(rootPid).filter(({ pid }) => !isFixture(readArguments(pid)));
  return {
    cpuUs: counted.reduce((sum, process) => sum + process.cpuTicks, 0) * TICK_US,
    residentKiB: counted.reduce((sum, process) => sum + readResidentKiB(process.pid), 0),
  };
}

/** Whether exactly this process still runs; its id alone may belong to another by now. */
export function isStillRunning(process: ProcessStat): boolean {
  return readStat(process.pid)?.startTicks === process.startTicks;
}

function readAllStats(): readonly ProcessStat[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readStat(Number(pid))).filter((stat) => stat !== undefined);
}

function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(pid, "stat");
  return text === undefined ? undefined : parseProcessStat(text);
}

function readArguments(pid: number): readonly string[] {
  return (readProc(pid, "cmdline") ?? "").split("\0");
}

function readResidentKiB(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, "status") ?? "");
  return Number(match?.[1] ?? 0);
}

/** Nothing where the process went away meanwhile. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
