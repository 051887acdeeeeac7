import { ApiClient } from "../api/api-client.ts";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import type { SyncedWorker } from "../api/endpoints/worker-endpoints.ts";
import { LIST_LIMIT } from "../api/fields.ts";
import type { ServerResource } from "../api/resources/server.ts";
import type { ServerRow, ServerTestResult, ServerTestStep } from "../cli/ports.ts";
import { systemActor } from "../control/access/system-actor.ts";
import { syncWorkers } from "../control/worker/sync-workers.ts";
import { AppError, toAppError } from "../core/app-error.ts";
import { McpHttpSession } from "../mcp/client/mcp-http-session.ts";
import { checkoutFolder } from "./checkout.ts";
import { type DataFolder, dataFolderAt } from "./data-folder.ts";
import { ensureDemo } from "./demo.ts";
import { type Running, withHolder } from "./holder.ts";
import { createLog } from "./log.ts";
import type { RoleIo } from "./run-role.ts";
import { startEmbedded } from "./start-embedded.ts";
import { withControl } from "./with-control.ts";

/** A server may first have to be installed by its command. */
const TEST_TIMEOUT_MS = 60_000;

/** All servers: as the running instance sees them, else as the database has them. */
export async function listServers(options: { dataDir: string | undefined }, io: RoleIo): Promise<readonly ServerRow[]> {
  const folder = dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() });
  return withHolder(folder, options.dataDir !== undefined, askServers, () => readServers(folder, io));
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
    const databaseUrl = io.env.MCPD_DATABASE_URL;
    const embedded = await startEmbedded({ ...ports, folder, databaseUrl, demo: true, env: io.env, log, onProgress: () => {} });
    try {
      await embedded.settled();
      embedded.serve();
      return await test(embedded.running);
    } finally {
      await embedded.close();
    }
  });
}

/** Registers this version's workers: in the running instance, else in its database. */
export async function syncInstanceWorkers(
  { dataDir, active }: { dataDir: string | undefined; active: boolean | undefined },
  io: RoleIo,
): Promise<readonly SyncedWorker[]> {
  const folder = dataFolderAt(dataDir, { env: io.env, checkout: checkoutFolder() });
  const ask = async ({ api, operatorKey }: Running) => {
    const client = new ApiClient({ baseUrl: api, bearer: operatorKey });
    return (await client.call(ENDPOINTS.workers.sync, { body: active === undefined ? {} : { active } })).workers;
  };
  const alone = () =>
    withControl({ folder, databaseUrl: io.env.MCPD_DATABASE_URL, env: io.env }, (control) =>
      syncWorkers({ ...control.queue, clock: control.clock }, systemActor(), active),
    );
  return withHolder(folder, dataDir !== undefined, ask, alone);
}

async function askServers({ api, operatorKey }: Running): Promise<readonly ServerRow[]> {
  const client = new ApiClient({ baseUrl: api, bearer: operatorKey });
  const rows: ServerRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call(ENDPOINTS.servers.list, { query: { limit: LIST_LIMIT.max, cursor } });
    rows.push(...page.items.map(rowOf));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

function rowOf({ handle, backing, enabled, projects, status }: ServerResource): ServerRow {
  const { state, reason, tools, stale } = status ?? { state: "stopped", reason: undefined, tools: null, stale: false };
  return { handle, backing: backing.kind, enabled, state, ...(reason === undefined ? {} : { reason }), tools, stale, projects };
}

function readServers(folder: DataFolder, { env }: RoleIo): Promise<readonly ServerRow[]> {
  return withControl({ folder, databaseUrl: env.MCPD_DATABASE_URL, env }, async (control) => {
    await ensureDemo(control, folder.files);
    const projects = await control.stores.projects.definitions();
    return (await control.stores.servers.all()).map(({ handle, backing, enabled }) => ({
      handle,
      backing: backing.kind,
      enabled,
      state: enabled ? "stopped" : "disabled",
      reason: "mcpctl is not running",
      tools: null,
      stale: false,
      projects: projects.filter(({ servers }) => servers.includes(handle)).map(({ name }) => name),
    }));
  });
}

async function testServer({ gateway, servers, operatorKey }: Running, handle: string): Promise<ServerTestResult> {
  if (gateway === undefined) {
    throw new AppError("precondition", "INSTANCE_WITHOUT_GATEWAY", "The running mcpd has no gateway of its own", {
      hint: "test through a gateway: mcpctl test mcp URL",
    });
  }
  if (servers === undefined) {
    throw new AppError("precondition", "SERVER_ROUTES_OFF", "The running gateway has no route that leads to one server", {
      hint: "set mode.api or mode.internal to true in its configuration",
    });
  }
  const session = new McpHttpSession(servers + handle, { bearer: operatorKey, timeoutMs: TEST_TIMEOUT_MS });
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
