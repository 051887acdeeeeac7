import { accessSync, constants, existsSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { UpOptions } from "../cli/ports.ts";
import { issueMcpToken } from "../control/token/issue-mcp-token.ts";
import { sqlMcpTokenStore } from "../control/token/sql-mcp-token-store.ts";
import { givePassword } from "../control/user/give-password.ts";
import { sqlUserStore } from "../control/user/sql-user-store.ts";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import { isLoopback } from "../core/edge-policy.ts";
import { randomIds } from "../core/ids.ts";
import { checkoutFolder } from "./checkout.ts";
import { dataFolderAt } from "./data-folder.ts";
import { DEMO_PROJECT } from "./demo.ts";
import { createLog } from "./log.ts";
import { writePrivateFile } from "./private-file.ts";
import type { RoleIo } from "./run-role.ts";
import { type Embedded, startEmbedded } from "./start-embedded.ts";
import { untilSignal } from "./until-signal.ts";
import { type Welcome, welcomeText } from "./welcome.ts";

const DEMO_TOKEN = "demo";
/** From the signal to the end of the process, whatever hangs. */
const STOP_LIMIT_MS = 4500;

/** Runs mcpd and the gateway until SIGINT or SIGTERM. Resolves with the exit code; throws AppError where it cannot start. */
export async function up(options: UpOptions, io: RoleIo): Promise<number> {
  const folder = dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() });
  const readyFile = options.readyFile === undefined ? undefined : checkReadyFile(options.readyFile);
  const stopping = new AbortController();
  const signalled = untilSignal().finally(() => stopping.abort());
  const progress = (line: string) => io.stderr(`… ${line}\n`);
  const started = performance.now();
  const { host, apiPort, gatewayPort } = options;
  const embedded = await startEmbedded({
    host,
    apiPort,
    gatewayPort,
    folder,
    env: io.env,
    log: createLog(io.env),
    onProgress: progress,
    // A ready file of an earlier start must not be taken for this one's; that of an instance that still runs is left alone.
    onFolderHeld: () => readyFile !== undefined && rmSync(readyFile, { force: true }),
  });
  const wantsToken = options.newToken || readyFile !== undefined;
  // A server that hangs keeps nobody from the others; but a token that is about to be replaced opens nothing any more.
  if (!wantsToken) embedded.serve();
  await embedded.settled(stopping.signal);
  if (!stopping.signal.aborted) {
    const welcome = await credentials(embedded, wantsToken);
    embedded.serve();
    if (readyFile !== undefined) writeReadyFile(readyFile, embedded, welcome);
    io.stdout(welcomeText(welcome));
    if (!isLoopback(host)) io.stderr(`warning: ${host} is reached from other machines, without TLS: put a proxy with TLS before it\n`);
    progress(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s; Ctrl-C stops it`);
  }
  progress(`${await signalled}: stopping`);
  return stop(embedded, io);
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
  const { db, demo, api, gatewayUrl } = embedded;
  const users = sqlUserStore(db);
  const firstStart = demo.admin.passwordHash === undefined;
  const tokenFor = firstStart || wantsToken ? demo.project : undefined;
  const deps = { tokens: sqlMcpTokenStore(db), clock: systemClock, ids: randomIds };
  const input = tokenFor && { name: DEMO_TOKEN, projectId: tokenFor.id, ownerId: demo.admin.id };
  const token = input && (await issueMcpToken(deps, input));
  const hashPassword = (password: string) => Bun.password.hash(password, "argon2id");
  const password = firstStart ? await givePassword({ users, hashPassword }, demo.admin) : undefined;
  return {
    api,
    url: `${gatewayUrl}/projects/${DEMO_PROJECT}/mcp`,
    project: demo.project?.name,
    token: token?.raw,
    admin: password === undefined ? undefined : { username: demo.admin.username, password },
    command: ownCommand(),
  };
}

/** How a shell in the caller's folder calls this program. */
function ownCommand(): string {
  const checkout = checkoutFolder();
  if (checkout === undefined) return "mcpctl";
  if (checkout === process.cwd()) return "bin/mcpctl";
  const path = join(checkout, "bin", "mcpctl");
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function writeReadyFile(path: string, { api, gatewayUrl }: Embedded, { url, project, token, admin }: Welcome): void {
  const ready = { api, gateway: gatewayUrl, project: project ?? null, url, token: token ?? null, admin: admin ?? null, pid: process.pid };
  writePrivateFile(path, `${JSON.stringify(ready, null, 2)}\n`);
}

async function stop(embedded: Embedded, io: RoleIo): Promise<number> {
  const limit = setTimeout(() => {
    io.stderr("error: something did not stop in time\n");
    process.exit(1);
  }, STOP_LIMIT_MS);
  await embedded.close();
  clearTimeout(limit);
  io.stderr("… stopped\n");
  return 0;
}
