import { accessSync, constants, existsSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Logger } from "pino";
import type { UpOptions } from "../cli/ports.ts";
import { systemActor } from "../control/access/system-actor.ts";
import { createMcpToken } from "../control/token/create-mcp-token.ts";
import { AppError, toAppError } from "../core/app-error.ts";
import { isLoopback } from "../core/edge-policy.ts";
import type { RoleBinding } from "../core/permission.ts";
import { checkoutFolder } from "./checkout.ts";
import { collectStart } from "./collect-start.ts";
import { readConfig } from "./config-file.ts";
import { dataFolderAt } from "./data-folder.ts";
import { DEMO_PROJECT } from "./demo.ts";
import { drainLimitMs } from "./drain-limit.ts";
import { drainOptions } from "./drain-options.ts";
import { firstPassword } from "./first-password.ts";
import { followConfig } from "./follow-config.ts";
import { createLog } from "./log.ts";
import { metricsAddress } from "./metrics-address.ts";
import { writePrivateFile } from "./private-file.ts";
import { progressLine } from "./progress-line.ts";
import type { RoleIo } from "./run-role.ts";
import type { RunningAgent } from "./start-agent.ts";
import { type Embedded, startEmbedded } from "./start-embedded.ts";
import { stopInTime } from "./stop-in-time.ts";
import { stopSignals } from "./stop-signals.ts";
import { tracingSettings } from "./tracing-settings.ts";
import { type Welcome, welcomeText } from "./welcome.ts";

const DEMO_TOKEN = "demo";

/** Runs mcpd and the gateway until SIGINT or SIGTERM. Resolves with the exit code; throws AppError where it cannot start. */
export async function up(options: UpOptions, io: RoleIo): Promise<number> {
  const folder = dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() });
  const readyFile = options.readyFile === undefined ? undefined : checkReadyFile(options.readyFile);
  const stopping = new AbortController();
  const signals = stopSignals();
  const signalled = signals.first.finally(() => stopping.abort());
  const progress = (line: string) => io.stderr(progressLine(line));
  const started = performance.now();
  const config = readConfig(options.config);
  // Said now rather than at the end.
  drainLimitMs(io.env, config.drain.limit_ms);
  const followed = followConfig({ path: options.config, config, say: io.stderr });
  const { host, apiPort, gatewayPort } = options;
  const log = createLog(io.env, config.log.level);
  let agent: RunningAgent | undefined;
  const embedded = await startEmbedded({
    host,
    apiPort,
    gatewayPort,
    folder,
    databaseUrl: options.databaseUrl ?? io.env.MCPD_DATABASE_URL,
    config,
    metrics: metricsAddress(options.metrics, io.env, config.metrics.listen),
    tracing: tracingSettings(io.env, config.tracing, "mcpctl"),
    demo: true,
    env: io.env,
    log,
    onProgress: progress,
    // A ready file of an earlier start must not be taken for this one's; that of an instance that still runs is left alone.
    onFolderHeld: () => readyFile !== undefined && rmSync(readyFile, { force: true }),
  });
  followed.tell(embedded.gateway);
  const wantsToken = options.newToken || readyFile !== undefined;
  // A server that hangs keeps nobody from the others; but a token that is about to be replaced opens nothing any more.
  if (!wantsToken) embedded.serve();
  await embedded.settled(stopping.signal);
  if (!stopping.signal.aborted) {
    const welcome = await credentials(embedded, wantsToken);
    embedded.serve();
    collectStart();
    agent = await localAgent(options, embedded, { io, folder: folder.path, log, progress });
    if (readyFile !== undefined) writeReadyFile(readyFile, embedded, welcome);
    io.stdout(welcomeText(welcome));
    if (!isLoopback(host)) io.stderr(`warning: ${host} is reached from other machines, without TLS: put a proxy with TLS before it\n`);
    progress(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s; Ctrl-C stops it`);
  }
  progress(`${await signalled}: stopping`);
  followed.close();
  const limitMs = drainLimitMs(io.env, followed.current.drain.limit_ms);
  await embedded.drain(drainOptions({ limitMs, again: signals.again, progress }));
  const close = async () => {
    await agent?.stop(AGENT_STOP_MS);
    await embedded.close();
  };
  return stopInTime(close, io);
}

/** Calls of components are calls of the gateway, which has had its time. */
const AGENT_STOP_MS = 500;

interface Surroundings {
  readonly io: RoleIo;
  readonly folder: string;
  readonly log: Logger;
  readonly progress: (line: string) => void;
}

/** The agent of this machine; undefined where it is not wanted, there is no podman, or it cannot start, which is said. */
async function localAgent(
  { agent: wanted }: UpOptions,
  { api, control }: Embedded,
  { io, folder, log, progress }: Surroundings,
): Promise<RunningAgent | undefined> {
  if (!wanted || io.env.MCPCTL_UP_AGENT === "off" || Bun.which("podman") === null) return undefined;
  try {
    const { startLocalAgent } = await import("./local-agent.ts");
    const agent = await startLocalAgent({ dataDir: join(folder, "agent"), api, control, env: io.env, log });
    progress(`agent: node ${agent.nodeName} on port ${agent.port}`);
    return agent;
  } catch (thrown) {
    const { message, hint } = toAppError(thrown);
    io.stderr(`warning: no agent runs on this machine: ${message}\n${hint === undefined ? "" : `hint: ${hint}\n`}`);
    if (!(thrown instanceof AppError)) log.error({ err: thrown }, "the agent could not start");
    return undefined;
  }
}

/** The path, if a file can be written there. Throws `precondition`/`READY_FILE_UNUSABLE`. */
function checkReadyFile(given: string): string {
  const path = resolve(given);
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new AppError("precondition", "READY_FILE_UNUSABLE", `The ready file ${path} cannot be written`, {
      cause,
      hint: "its folder must be there and writable",
    });
  }
  return path;
}

/** What is shown once is made last, just before it is shown: a start that was cut short before has shown nothing. */
async function credentials(embedded: Embedded, wantsToken: boolean): Promise<Welcome> {
  const { demo, api, gatewayUrl = "" } = embedded;
  const firstStart = demo.admin.passwordHash === undefined;
  const token = firstStart || wantsToken ? await demoToken(embedded) : undefined;
  return {
    api,
    url: `${gatewayUrl}/projects/${DEMO_PROJECT}/mcp`,
    project: demo.project?.name,
    token,
    admin: await firstPassword(embedded),
    command: ownCommand(),
  };
}

/** A token for the demo project's servers, in place of the one before. */
async function demoToken({ control, demo }: Embedded): Promise<string | undefined> {
  if (demo.project === undefined) return undefined;
  const { tokens, projects, users } = control.stores;
  const input = { name: DEMO_TOKEN, project: demo.project.name, description: "Made at a start", rbac: "empty", force: true } as const;
  const made = await createMcpToken({ ...control, tokens, projects, users }, systemActor(), {
    ...input,
    roleBindings: DEMO_BINDINGS,
    expiresAt: undefined,
  });
  return made.raw;
}

/** What uses a project and changes nothing. */
const DEMO_BINDINGS: readonly RoleBinding[] = [
  // A gateway without an identity of its own reads the project with the token.
  { role: "view", resource: "projects", name: DEMO_PROJECT },
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
  { role: "view", resource: "prompts" },
];

/** How a shell in the caller's folder calls this program. */
function ownCommand(): string {
  const checkout = checkoutFolder();
  if (checkout === undefined) return "mcpctl";
  if (checkout === process.cwd()) return "bin/mcpctl";
  const path = join(checkout, "bin", "mcpctl");
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function writeReadyFile(path: string, { api, gatewayUrl }: Embedded, { url, project, token, admin }: Welcome): void {
  const ready = {
    api,
    gateway: gatewayUrl ?? null,
    project: project ?? null,
    url,
    token: token ?? null,
    admin: admin ?? null,
    pid: process.pid,
  };
  writePrivateFile(path, `${JSON.stringify(ready, null, 2)}\n`);
}
