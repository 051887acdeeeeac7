import { existsSync } from "node:fs";
import type { Logger } from "pino";
import type { AgentConfig } from "../agent/config/agent-config.ts";
import { AppError } from "../core/app-error.ts";
import { type ChosenDriver, chooseDriver, DOCKER_SOCKET, type DriverChoice, type EnginesFound } from "../runtime/choose-driver.ts";
import { type OpenedRuntime, openRuntime } from "../runtime/open-runtime.ts";

export interface AgentRuntimeOptions {
  readonly kind: AgentConfig["agent"]["container_runtime"];
  /** Of an engine that runs already; undefined: podman's service is one of our own, Docker's is where it mostly is. */
  readonly socket: string | undefined;
  /** The agent's; the socket of our own service lies in it. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** A socket's path has 107 bytes at most (unix(7)). */
const MAX_FOLDER_BYTES = 80;

const DRIVERS: Readonly<Record<AgentRuntimeOptions["kind"], DriverChoice>> = {
  auto: "auto",
  podman: "libpod",
  "podman-cli": "podman",
  docker: "docker",
};

/** The engine that an agent would take here now, and why. */
export function chooseEngine({ kind, socket, env }: Pick<AgentRuntimeOptions, "kind" | "socket" | "env">): ChosenDriver {
  return chooseDriver(DRIVERS[kind], enginesFound(env), socket);
}

/** The engines of this machine. */
export function enginesFound({ PATH }: AgentRuntimeOptions["env"]): EnginesFound {
  return {
    podman: Bun.which("podman", PATH === undefined ? {} : { PATH }) ?? undefined,
    dockerSocket: existsSync(DOCKER_SOCKET) ? DOCKER_SOCKET : undefined,
  };
}

/** The engine that runs this node's containers. Whether it answers shows later: an agent runs where it does not, and says so. */
export async function openAgentRuntime({ kind, socket, dataDir, env, log }: AgentRuntimeOptions): Promise<OpenedRuntime> {
  if (Buffer.byteLength(dataDir) > MAX_FOLDER_BYTES) {
    throw new AppError("precondition", "DATA_FOLDER_UNUSABLE", `The path ${dataDir} is too long for a socket below it`, {
      hint: `choose one of at most ${MAX_FOLDER_BYTES} bytes`,
    });
  }
  const opened = await openRuntime({
    driver: DRIVERS[kind],
    ...(socket === undefined ? {} : { socket }),
    found: enginesFound(env),
    folder: dataDir,
    env: passedOn(env),
    kill: (pid, signal) => void process.kill(pid, signal),
    onServiceState: (state, why) => log[state === "waiting" ? "warn" : "info"]({ state, why }, "podman's API service"),
  });
  log.info({ driver: opened.runtime.driver, why: opened.why }, "the container engine");
  return opened;
}

/** What an engine's program needs of our environment. */
export function passedOn(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const passed = ["PATH", "HOME", "XDG_RUNTIME_DIR"].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return Object.fromEntries(passed);
}
