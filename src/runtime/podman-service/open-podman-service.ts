import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { SocketClient } from "../engine-http/socket-client.ts";
import { runtimeUnavailable } from "../runtime-errors.ts";
import { PodmanService, type PodmanServiceDeps, type ServiceProcess } from "./podman-service.ts";

export interface OpenPodmanServiceOptions {
  /** The program: a name or a path. */
  readonly program: string;
  /** podman's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Of ours alone; made 0700. Its path is at most 90 bytes long, since a socket's has 107. */
  readonly folder: string;
  /** Sends a signal to a process; throws where there is none. */
  readonly kill: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  readonly onState?: PodmanServiceDeps["onState"];
}

const PING_LIMIT_MS = 2_000;
const MAX_LAST_WORDS = 4_096;
const ORPHAN_LIMIT_MS = 3_000;
const ORPHAN_POLL_MS = 50;

/** A service with its socket, not yet started. An earlier one of ours that was left behind is ended before the first start. */
export function openPodmanService(options: OpenPodmanServiceOptions): { readonly service: PodmanService; readonly socketPath: string } {
  const socketPath = join(options.folder, "podman.sock");
  const client = new SocketClient(socketPath);
  const ping = async () => {
    const { status } = await client.call({ method: "GET", path: "/_ping", what: "ping podman's service", timeoutMs: PING_LIMIT_MS });
    if (status !== 200) throw runtimeUnavailable(`podman's service answers ${status}`);
    // The folder keeps others out already; this is for whoever looks.
    await chmod(socketPath, 0o600);
  };
  const service = new PodmanService({
    spawn: () => spawnService(options, socketPath),
    ping,
    residentBytes,
    random: Math.random,
    ...(options.onState === undefined ? {} : { onState: options.onState }),
  });
  return { service, socketPath };
}

async function spawnService({ program, env, folder, kill }: OpenPodmanServiceOptions, socketPath: string): Promise<ServiceProcess> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const pidFile = join(folder, "podman.pid");
  await endOrphan(pidFile, socketPath, kill);
  await rm(socketPath, { force: true });
  const argv = [program, "system", "service", "--time=0", `unix://${socketPath}`];
  const child = startProcess(argv, env, folder);
  await writeFile(pidFile, `${child.pid}\n`, { mode: 0o600 });
  let words = "";
  void keepLast(child.stderr, (text) => {
    words = text;
  });
  return {
    pid: child.pid,
    exited: child.exited,
    lastWords: () => words.trim().split("\n").at(-1) ?? "",
    kill: (signal) => child.kill(signal),
  };
}

/** In a folder of its own: the monitor of a container that is killed for its memory leaves a file `oom` where the service was started (4.3.1). */
function startProcess(argv: string[], env: Readonly<Record<string, string>>, cwd: string): Bun.Subprocess<"ignore", "ignore", "pipe"> {
  try {
    return Bun.spawn(argv, { cwd, env: { ...env }, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  } catch (thrown) {
    throw runtimeUnavailable(`${argv[0]} cannot be started; is podman installed?`, thrown);
  }
}

/** A service that outlived us would hold its memory for ever: nobody can reach it when its socket is made anew. */
async function endOrphan(pidFile: string, socketPath: string, kill: OpenPodmanServiceOptions["kill"]): Promise<void> {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 1) return;
  for (let waited = 0; await isOurs(pid, socketPath); waited += ORPHAN_POLL_MS) {
    if (waited === 0 || waited >= ORPHAN_LIMIT_MS) tryKill(kill, pid, waited === 0 ? "SIGTERM" : "SIGKILL");
    await waitOrAbort(ORPHAN_POLL_MS, new AbortController().signal);
  }
}

/** Ids of processes come again: only one that serves our socket is ours. */
async function isOurs(pid: number, socketPath: string): Promise<boolean> {
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  return words.includes(`unix://${socketPath}`);
}

function tryKill(kill: OpenPodmanServiceOptions["kill"], pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    kill(pid, signal);
  } catch {
    // It has gone by itself.
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

async function keepLast(stream: ReadableStream<Uint8Array>, keep: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-MAX_LAST_WORDS);
    keep(text);
  }
}
