import { existsSync } from "node:fs";
import { serverListSchema } from "../api/server-status.ts";
import type { ServerRow, ServerTestResult, ServerTestStep } from "../cli/ports.ts";
import { sqlProjectStore } from "../control/project/sql-project-store.ts";
import { sqlServerStore } from "../control/server/sql-server-store.ts";
import { AppError, toAppError } from "../core/app-error.ts";
import { McpHttpSession } from "../mcp/client/mcp-http-session.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { openSqlite } from "../store/sqlite/open-sqlite.ts";
import { checkoutFolder } from "./checkout.ts";
import { type DataFolder, dataFolderAt, prepareDataFolder } from "./data-folder.ts";
import { ensureDemo } from "./demo.ts";
import { holdDataFolder } from "./hold-data-folder.ts";
import { type Instance, readInstance } from "./instance-file.ts";
import { createLog } from "./log.ts";
import type { RoleIo } from "./run-role.ts";
import { startEmbedded } from "./start-embedded.ts";

type Running = NonNullable<Instance["running"]>;

/** A server may first have to be installed by its command. */
const TEST_TIMEOUT_MS = 60_000;

/** All servers: as the running instance sees them, else as the database has them. */
export async function listServers(options: { dataDir: string | undefined }, io: RoleIo): Promise<readonly ServerRow[]> {
  const folder = dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() });
  return withHolder(folder, options.dataDir !== undefined, askServers, () => readServers(folder));
}

/** Asks each enabled server, or the named one, for `initialize` and its tools, through the gateway's own route. */
export async function testServers(
  options: { dataDir: string | undefined; server: string | undefined },
  io: RoleIo,
): Promise<readonly ServerTestResult[]> {
  const folder = dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() });
  const test = async (running: Running) => {
    const rows = (await askServers(running)).filter(({ handle, enabled }) => enabled && (options.server ?? handle) === handle);
    return Promise.all(rows.map(({ handle }) => testServer(running, handle)));
  };
  return withHolder(folder, options.dataDir !== undefined, test, async () => {
    const log = createLog({ ...io.env, MCPCTL_LOG_LEVEL: io.env.MCPCTL_LOG_LEVEL ?? "error" });
    const ports = { host: "127.0.0.1", apiPort: 0, gatewayPort: 0 };
    const embedded = await startEmbedded({ ...ports, folder, env: io.env, log, onProgress: () => {} });
    try {
      await embedded.settled();
      embedded.serve();
      return await test({ api: embedded.api, gateway: embedded.gatewayUrl, operatorKey: embedded.operatorKey });
    } finally {
      await embedded.close();
    }
  });
}

/** One process holds the database: where one runs it is asked, else this command does the work itself. */
async function withHolder<T>(
  folder: DataFolder,
  named: boolean,
  ask: (running: Running) => Promise<T>,
  alone: () => Promise<T>,
): Promise<T> {
  // The default folder may be new; one that was named and is not there was misspelt.
  if (named && !existsSync(folder.path)) {
    throw new AppError("not_found", "INSTALLATION_UNKNOWN", `There is no installation in ${folder.path}`, {
      hint: "'mcpctl up' makes one; --data-dir names another folder",
    });
  }
  prepareDataFolder(folder);
  if (isFree(folder)) return alone();
  const running = readInstance(folder.instance)?.running;
  if (running !== undefined) return ask(running);
  throw new AppError("unavailable", "INSTANCE_STARTING", "mcpctl is still starting", { hint: "try again in a moment" });
}

function isFree(folder: DataFolder): boolean {
  try {
    holdDataFolder(folder).release();
    return true;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.reason === "DATA_FOLDER_HELD") return false;
    throw thrown;
  }
}

async function askServers({ api, operatorKey }: Running): Promise<readonly ServerRow[]> {
  const response = await fetch(`${api}/api/v1/servers`, { headers: { authorization: `Bearer ${operatorKey}` } });
  if (!response.ok) throw new AppError("unavailable", "INSTANCE_REFUSED", `The running mcpctl at ${api} answered HTTP ${response.status}`);
  return serverListSchema
    .parse(await response.json())
    .items.map(({ reason, ...row }) => ({ ...row, ...(reason === undefined ? {} : { reason }) }));
}

async function readServers(folder: DataFolder): Promise<readonly ServerRow[]> {
  const lock = holdDataFolder(folder);
  const db = openSqlite(folder.database);
  try {
    await migrateToLatest(db);
    await ensureDemo(db, folder.files);
    const projects = await sqlProjectStore(db).definitions();
    return (await sqlServerStore(db).all()).map(({ handle, backing, enabled }) => ({
      handle,
      backing: backing.kind,
      enabled,
      state: enabled ? "stopped" : "disabled",
      reason: "mcpctl is not running",
      tools: null,
      stale: false,
      projects: projects.filter(({ servers }) => servers.includes(handle)).map(({ name }) => name),
    }));
  } finally {
    await db.destroy();
    lock.release();
  }
}

async function testServer({ gateway, operatorKey }: Running, handle: string): Promise<ServerTestResult> {
  const session = new McpHttpSession(`${gateway}/api/v1/mcp/${handle}`, { bearer: operatorKey, timeoutMs: TEST_TIMEOUT_MS });
  const steps: ServerTestStep[] = [];
  try {
    steps.push(await step("initialize", async () => void (await session.initialize())));
    if (steps[0]?.ok === true) {
      steps.push(await step("tools/list", async () => `${(await session.listTools()).length} tools`));
    }
  } finally {
    await session.close();
  }
  return { handle, ok: steps.length === 2 && steps.every(({ ok }) => ok), steps };
}

async function step(name: ServerTestStep["name"], run: () => Promise<string | undefined>): Promise<ServerTestStep> {
  const start = performance.now();
  const ms = () => Math.round(performance.now() - start);
  try {
    const detail = (await run()) ?? "";
    return { name, ok: true, ms: ms(), detail };
  } catch (thrown) {
    return { name, ok: false, ms: ms(), detail: toAppError(thrown).message };
  }
}
