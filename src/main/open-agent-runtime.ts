import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { AppError } from "../core/app-error.ts";
import { DockerRuntime } from "../runtime/docker/docker-runtime.ts";
import { LibpodRuntime } from "../runtime/libpod/libpod-runtime.ts";
import { OrderlyRuntime } from "../runtime/orderly-runtime.ts";
import { PodmanCliRuntime } from "../runtime/podman-cli/podman-cli-runtime.ts";
import { openPodmanService } from "../runtime/podman-service/open-podman-service.ts";
import type { PodmanService } from "../runtime/podman-service/podman-service.ts";
import type { Runtime } from "../runtime/runtime.ts";

export interface AgentRuntimeOptions {
  readonly kind: "podman" | "podman-cli" | "docker";
  /** Of an engine that runs already; undefined: podman's service is one of our own, Docker's is where it mostly is. */
  readonly socket: string | undefined;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Pick<Logger, "info" | "warn">;
}

export const DOCKER_SOCKET = "/var/run/docker.sock";
/** A socket's path has 107 bytes at most (unix(7)). */
const MAX_FOLDER_BYTES = 90;
/** An agent starts without its engine too, and says so. */
const ENGINE_START_MS = 10_000;

/** The engine that runs this node's containers. Whether it answers shows later: an agent runs where it does not, and says so. */
export async function openAgentRuntime({ kind, socket, dataDir, env, log }: AgentRuntimeOptions): Promise<Runtime> {
  if (kind === "docker") return new OrderlyRuntime(new DockerRuntime(socket ?? DOCKER_SOCKET));
  if (kind === "podman" && socket !== undefined) return new OrderlyRuntime(new LibpodRuntime(socket));
  const folder = podmanFolder(dataDir);
  const program = { program: "podman", env: passedOn(env) };
  if (kind === "podman-cli") return new OrderlyRuntime(new PodmanCliRuntime({ ...program, folder }));
  const { service, socketPath } = openPodmanService({
    ...program,
    folder,
    kill: (pid, signal) => void process.kill(pid, signal),
    onState: (state, why) => log[state === "waiting" ? "warn" : "info"]({ state, why }, "podman's API service"),
  });
  service.start();
  await service.untilUp(ENGINE_START_MS);
  return new ServedRuntime(new LibpodRuntime(socketPath), service);
}

/** A runtime that ends its own service when it is closed. */
class ServedRuntime extends OrderlyRuntime {
  readonly #service: PodmanService;

  constructor(inner: Runtime, service: PodmanService) {
    super(inner);
    this.#service = service;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#service.stop();
  }
}

function podmanFolder(dataDir: string): string {
  const folder = join(dataDir, "podman");
  if (Buffer.byteLength(folder) > MAX_FOLDER_BYTES) {
    throw new AppError("invalid", "DATA_FOLDER_UNUSABLE", `The path ${dataDir} is too long for a socket below it`, {
      hint: `choose one of at most ${MAX_FOLDER_BYTES - "/podman".length} bytes`,
    });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function passedOn(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const passed = ["PATH", "HOME", "XDG_RUNTIME_DIR"].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return Object.fromEntries(passed);
}
