import { lstat, readdir, readFile, stat, statfs } from "node:fs/promises";
import { listSnapshots } from "../../snapshot/restore-snapshot.ts";
import type { DiskFacts, NodeFacts, SocketFacts, Unknown } from "../node-facts.ts";
import { certificateFacts } from "./certificate-facts.ts";
import { cgroupsOf } from "./cgroups-of.ts";
import { cleanupProcesses } from "./cleanup-processes.ts";

/** Bit of CAP_SYS_RESOURCE (capabilities(7)). */
const SYS_RESOURCE = 24n;
/** Made by systemd-timesyncd as soon as it has the time. */
const SYNCHRONIZED = "/run/systemd/timesync/synchronized";

export interface LinuxFactsOptions {
  readonly now: Date;
  readonly dataFolder: string;
  readonly registryFile: string;
  readonly backupsFolder: string;
  readonly certificate: { readonly path: string; readonly keyPath: string };
  /** The name that others call the node by; empty: not told. */
  readonly address: string;
  readonly sockets: readonly { readonly path: string; readonly isNeeded: boolean }[];
  /** Paths on the disks that are to have room: the services', the engine's, /run. */
  readonly disks: readonly string[];
  /** What is wrong with a database file; undefined where it is sound. */
  readonly checkRegistry: (file: string) => string | undefined;
}

/** What this machine's files tell. Reads and changes nothing; what cannot be read is a fact of its own. */
export async function linuxFacts(options: LinuxFactsOptions): Promise<Omit<NodeFacts, "engine" | "defaultUlimits">> {
  const { now, address, registryFile, certificate } = options;
  const registry = await stat(registryFile).catch(() => undefined);
  const snapshots = await listSnapshots(options.backupsFolder);
  return {
    now,
    mayRaiseLimits: mayRaiseLimits(await readFile("/proc/self/status", "utf8")),
    cgroups: cgroupsOf(await readFile("/proc/self/mountinfo", "utf8")),
    cleanups: await cleanupProcesses(),
    sockets: await Promise.all(options.sockets.map(socketFacts)),
    disks: await Promise.all(options.disks.map(diskFacts)),
    clockSynchronized: await clockSynchronized(),
    registryWrittenAt: registry?.mtime,
    certificate: await certificateFacts(certificate.path, certificate.keyPath),
    address,
    dataFolder: await folderFacts(options.dataFolder),
    backups: { folder: options.backupsFolder, newest: snapshots[0]?.takenAt, count: snapshots.length },
    registryProblem: registry === undefined ? undefined : options.checkRegistry(registryFile),
    registryFile,
  };
}

/** From `/proc/PID/status`. */
export function mayRaiseLimits(status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> SYS_RESOURCE) & 1n) === 1n;
}

async function socketFacts({ path, isNeeded }: { readonly path: string; readonly isNeeded: boolean }): Promise<SocketFacts> {
  const file = await lstat(path).catch(() => undefined);
  return { path, isNeeded, file: file && { isSocket: file.isSocket(), mode: file.mode & 0o777, gid: file.gid } };
}

async function diskFacts(path: string): Promise<DiskFacts | (Unknown & { path: string })> {
  try {
    const { bsize, bavail, blocks, ffree, files } = await statfs(path);
    return { path, freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeInodes: ffree, totalInodes: files };
  } catch (thrown) {
    return { path, problem: messageOf(thrown) };
  }
}

async function folderFacts(path: string): Promise<NodeFacts["dataFolder"]> {
  try {
    const [folder, self] = [await stat(path), await stat("/proc/self")];
    if (!folder.isDirectory()) return { path, problem: "it is no directory" };
    return { path, mode: folder.mode & 0o777, isOwn: folder.uid === self.uid };
  } catch (thrown) {
    return { path, problem: messageOf(thrown) };
  }
}

/** Undefined where another program than systemd-timesyncd keeps the clock, or none: nothing tells without asking it. */
async function clockSynchronized(): Promise<boolean | undefined> {
  if ((await lstat(SYNCHRONIZED).catch(() => undefined)) !== undefined) return true;
  const running = await readdir("/run/systemd/timesync").catch(() => undefined);
  return running === undefined ? undefined : false;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
