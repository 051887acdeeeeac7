import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chooseDriver, type DriverChoice, type EnginesFound } from "./choose-driver.ts";
import { DockerRuntime } from "./docker/docker-runtime.ts";
import { LibpodRuntime } from "./libpod/libpod-runtime.ts";
import { OrderlyRuntime } from "./orderly-runtime.ts";
import { PodmanCliRuntime } from "./podman-cli/podman-cli-runtime.ts";
import { openPodmanService } from "./podman-service/open-podman-service.ts";
import type { PodmanService, PodmanServiceDeps } from "./podman-service/podman-service.ts";
import type { Runtime } from "./runtime.ts";

export interface OpenRuntimeOptions {
  readonly driver: DriverChoice;
  /** The socket that the operator names. */
  readonly socket?: string;
  readonly found: EnginesFound;
  /** Of the agent alone, with a path of at most 80 bytes: the socket of our own service lies in it. Made where it is not there. */
  readonly folder: string;
  /** podman's environment: `PATH`, `HOME`, `XDG_RUNTIME_DIR` where they are set. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends a signal to a process; throws where there is none. */
  readonly kill: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  /** Each change of our own service's state, for the log. */
  readonly onServiceState?: PodmanServiceDeps["onState"];
}

export interface OpenedRuntime {
  readonly runtime: Runtime;
  /** A sentence for the log and for `doctor`. */
  readonly why: string;
  /** Where podman's service is our own. */
  readonly service: PodmanService | undefined;
  /** Ends our own service; containers go on. */
  close(): Promise<void>;
}

/** How long the first answer of our own service is waited for. */
const FIRST_ANSWER_MS = 10_000;
/** A service that is started anew answers within half a second. */
const BACK_WITHIN_MS = 4_000;

/**
 * The way to this machine's containers. Where the engine does not answer it is opened all the same: its calls then fail with
 * `unavailable`/`RUNTIME_UNAVAILABLE` until it does.
 */
export async function openRuntime(options: OpenRuntimeOptions): Promise<OpenedRuntime> {
  const chosen = chooseDriver(options.driver, options.found, options.socket);
  if (chosen.kind === "own-service") return openOwnService(options, chosen.why);
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const inner =
    chosen.kind === "docker"
      ? new DockerRuntime(chosen.socketPath)
      : chosen.kind === "libpod"
        ? new LibpodRuntime(chosen.socketPath)
        : new PodmanCliRuntime({ program: options.found.podman ?? "podman", env: options.env, folder: options.folder });
  return { runtime: new OrderlyRuntime(inner), why: chosen.why, service: undefined, close: () => inner.close() };
}

async function openOwnService({ found, env, folder, kill, onServiceState }: OpenRuntimeOptions, why: string): Promise<OpenedRuntime> {
  const { service, socketPath } = openPodmanService({
    program: found.podman ?? "podman",
    env,
    folder: join(folder, "podman"),
    kill,
    ...(onServiceState === undefined ? {} : { onState: onServiceState }),
  });
  service.start();
  await service.untilUp(FIRST_ANSWER_MS);
  const inner = new LibpodRuntime(socketPath, { untilBack: (signal) => service.untilBack(BACK_WITHIN_MS, signal) });
  const close = async () => {
    await inner.close();
    await service.stop();
  };
  return { runtime: new OrderlyRuntime(inner), why, service, close };
}
