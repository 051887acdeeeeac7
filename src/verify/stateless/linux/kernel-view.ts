/** A container's main process by /proc, from outside: readable for root on Linux, where the engine runs on this machine. */
import { readFile } from "node:fs/promises";
import type { KernelMount, KernelView } from "../observations.ts";

/** More than any machine has: how cgroup v1 says that there is no limit. */
const NO_LIMIT = 1n << 60n;

/** Undefined where the process is not to be seen from here. */
export async function kernelView(pid: number): Promise<KernelView | undefined> {
  if (pid <= 0) return undefined;
  const [status, mountinfo] = await Promise.all([text(`/proc/${pid}/status`), text(`/proc/${pid}/mountinfo`)]);
  if (status === undefined || mountinfo === undefined || mountinfo === "") return undefined;
  const group = `/proc/${pid}/root/sys/fs/cgroup`;
  const [limit, peak, cpuMillis] = await Promise.all([
    firstNumber(`${group}/memory.max`, `${group}/memory/memory.limit_in_bytes`),
    firstNumber(`${group}/memory.peak`, `${group}/memory/memory.max_usage_in_bytes`),
    cpuLimit(group),
  ]);
  return { ...parseStatus(status), mounts: parseMounts(mountinfo), memoryLimitBytes: limit, memoryPeakBytes: peak, cpuMillis };
}

/** The fields of proc(5) `status` that matter here. */
export function parseStatus(status: string): Pick<KernelView, "noNewPrivileges" | "capabilities" | "uid" | "seccomp"> {
  const lines = status.split("\n").map((line) => line.split(/[:\s]+/, 2));
  const field = (name: string) => lines.find(([key]) => key === name)?.[1] ?? "0";
  const sets = ["CapBnd", "CapPrm", "CapEff", "CapAmb"].map((name) => BigInt(`0x${field(name)}`));
  return {
    noNewPrivileges: field("NoNewPrivs") === "1",
    capabilities: sets.reduce((all, set) => all | set, 0n),
    uid: Number(field("Uid")),
    seccomp: Number(field("Seccomp")),
  };
}

/** Lines of proc(5) `mountinfo`. A mount can be written to where both the mount and its file system are `rw`. */
export function parseMounts(mountinfo: string): readonly KernelMount[] {
  return mountinfo
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [front = "", back = ""] = line.split(" - ");
      const [, , , , target = "", options = ""] = front.split(" ");
      const [fsType = "", , superOptions = ""] = back.split(" ");
      const isWritable = (words: string) => words.split(",").includes("rw");
      return { target: unescapeOctal(target), fsType, writable: isWritable(options) && isWritable(superOptions) };
    });
}

function unescapeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

async function cpuLimit(group: string): Promise<number | undefined> {
  const [quotaText, periodText] = (await text(`${group}/cpu.max`))?.trim().split(" ") ?? [];
  const quota = quotaText === undefined ? await firstNumber(`${group}/cpu/cpu.cfs_quota_us`) : Number(quotaText);
  const period = periodText === undefined ? await firstNumber(`${group}/cpu/cpu.cfs_period_us`) : Number(periodText);
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return undefined;
  return Math.round((quota / period) * 1000);
}

/** Of the first file that is there; undefined where it sets no limit. */
async function firstNumber(...paths: readonly string[]): Promise<number | undefined> {
  for (const path of paths) {
    const found = (await text(path))?.trim();
    if (found === undefined) continue;
    return /^-?\d+$/.test(found) && BigInt(found) < NO_LIMIT ? Number(found) : undefined;
  }
  return undefined;
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
