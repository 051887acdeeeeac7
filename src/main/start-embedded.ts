import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { MAX_SERVER_PAYLOAD } from "../api/server-policy.ts";
import type { ListenAddress } from "../cli/address-flags.ts";
import { createApi, MAX_BODY_BYTES } from "../control/http/create-api.ts";
import { toBase62 } from "../core/base62.ts";
import { systemClock } from "../core/clock.ts";
import { CREDENTIAL_PREFIX } from "../core/credential.ts";
import { edgePolicyFor, isLoopback } from "../core/edge-policy.ts";
import { seedContent } from "../gateway/builtin/content/seed-content.ts";
import { createGateway, GATEWAY_SETTINGS, type Gateway } from "../gateway/gateway.ts";
import { gatewayHandler, pathOf, socketHandler } from "../gateway/http/gateway-handler.ts";
import { isServerOfProject } from "../gateway/route.ts";
import { ServerLogs } from "../gateway/server-log/server-logs.ts";
import { traceIdOf } from "../gateway/trace-id.ts";
import { describeServer, parseDatabaseUrl } from "../store/database-url.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { openDatabase } from "../store/open-database.ts";
import type { Schema } from "../store/schema.ts";
import { readAuditWriterId } from "./audit-writer-id.ts";
import { baseUrl } from "./base-url.ts";
import { bindGatewayPort, bindPort } from "./bind-port.ts";
import { type Config, DEFAULT_CONFIG } from "./config-file.ts";
import { connectServer } from "./connect-server.ts";
import { controlRoutes } from "./control-routes.ts";
import type { DataFolder } from "./data-folder.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { ensureAdmin, ensureDemo, lookAgain } from "./demo.ts";
import { closeListeners, type DrainOptions, parkedAt, untilIdle } from "./drain.ts";
import { embeddedControlPlane } from "./embedded-control-plane.ts";
import { gatewaySettingsOf } from "./gateway-config.ts";
import { holdDataFolder } from "./hold-data-folder.ts";
import type { Running } from "./holder.ts";
import { removeInstance, writeInstance } from "./instance-file.ts";
import { logFailure } from "./log-failure.ts";
import { logState } from "./log-state.ts";
import { deriveKeys, readMasterKey } from "./master-key.ts";
import { startObservability } from "./observability.ts";
import { openCallLimiter } from "./open-call-limiter.ts";
import { openLink } from "./open-link.ts";
import { Releases } from "./releases.ts";
import { resilienceOf } from "./resilience-config.ts";
import { serverLogSource } from "./server-log-source.ts";
import { type Control, startControl } from "./start-control.ts";
import { startWorker } from "./start-worker.ts";
import type { TracingSettings } from "./tracing-settings.ts";

export interface StartEmbeddedOptions {
  readonly host: string;
  readonly apiPort: number;
  /** Undefined: the gateway has no port of its own, and serves gateways that have no identity. */
  readonly gatewayPort: number | undefined;
  readonly folder: DataFolder;
  /** Undefined: SQLite in the data folder. */
  readonly databaseUrl?: string | undefined;
  readonly config?: Config | undefined;
  /** Where the metrics are served; undefined: nowhere. */
  readonly metrics?: ListenAddress | undefined;
  /** Undefined: nothing is traced. */
  readonly tracing?: TracingSettings | undefined;
  /** Whether a first start makes a project to try. */
  readonly demo: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly onProgress: (line: string) => void;
  /** The data folder is ours from here on. */
  readonly onFolderHeld?: () => void;
}

/** mcpd and the gateway in this process, with their ports taken and their servers starting. */
export interface Embedded {
  readonly api: string;
  /** Undefined where it has no port. */
  readonly gatewayUrl: string | undefined;
  /** How commands on this machine reach it. */
  readonly running: Running;
  readonly operatorKey: string;
  readonly control: Control;
  readonly gateway: Gateway;
  readonly demo: Awaited<ReturnType<typeof ensureDemo>>;
  /** From here on requests are answered. Every call but the first does nothing. */
  serve(): void;
  /** Resolves when every server has been read or has failed once, or when `signal` is aborted. */
  settled(signal?: AbortSignal): Promise<void>;
  /** Takes nothing new from now on, and resolves when what is in flight is answered or nobody waits for it any more. */
  drain(options: DrainOptions): Promise<void>;
  /** Stops all; no child is left when it resolves. */
  close(): Promise<void>;
}

/** The transport lets in more than the limits, so that a body over one is said to be so in our own words, and one that a server's own policy allows. */
const SLACK_BYTES = MAX_SERVER_PAYLOAD;

/** Starts all of it; where a part fails, what was started before it is stopped again. Throws AppError. */
export async function startEmbedded(options: StartEmbeddedOptions): Promise<Embedded> {
  const releases = new Releases();
  try {
    return await start(options, releases);
  } catch (thrown) {
    await releases.run();
    throw thrown;
  }
}

async function start(options: StartEmbeddedOptions, releases: Releases): Promise<Embedded> {
  const { folder, host, log, env, config = DEFAULT_CONFIG } = options;
  prepareDataFolder(folder);
  const lock = holdDataFolder(folder);
  releases.add(() => lock.release());
  options.onFolderHeld?.();
  writeInstance(folder.instance, { pid: process.pid, startedAt: new Date().toISOString() });
  releases.add(() => removeInstance(folder.instance));
  const ports = bindPorts(options, releases);
  const watched = await startObservability({ metrics: options.metrics, tracing: options.tracing, log, releases });
  const { observe, metrics, tracing, traced } = watched;

  const { db, engine, url } = await openMigrated(options, releases);
  const keys = deriveKeys(readMasterKey(folder.masterKey));
  const operatorKey = CREDENTIAL_PREFIX.operator + toBase62(randomBytes(32), 43);
  const control = await startControl({
    db,
    engine,
    databaseUrl: url,
    auditWriter: readAuditWriterId(folder.auditWriter),
    auditCheckpoints: folder.auditCheckpoints,
    auditThread: true,
    keys,
    operatorKey,
    bindAddress: host,
    config,
    clock: systemClock,
    log,
  });
  releases.add(() => control.close());
  await control.queue.register();
  await lookAgain(() => seedContent(db));
  const demo = options.demo ? await ensureDemo(control, folder.files) : { admin: await ensureAdmin(control), project: undefined };

  const logs = new ServerLogs(systemClock);
  const onFailure = logFailure(log);
  const keyring = { current: { number: 1, key: keys.sessions }, previous: [] };
  const settings = { ...GATEWAY_SETTINGS, ...gatewaySettingsOf(config), ...resilienceOf(config), bindAddress: host };
  const link = await openLink({ env, keyring, callTimeoutMs: settings.callTimeoutMs, onFailure });
  releases.add(() => link.close());
  const gateway = await createGateway(
    {
      control: embeddedControlPlane(control),
      keyring,
      clock: systemClock,
      monotonicNow: () => performance.now(),
      connect: connectServer({
        db,
        log,
        env,
        allowLoopback: isLoopback(host),
        stdioEnabled: control.policy.stdioEnabled,
        logs,
        metrics,
        traced,
      }),
      link,
      observe,
      onStreamCut: () => metrics.streamCut(),
      tracing,
      limiter: await openCallLimiter(config.rate_limit, { metrics, log, releases }),
      onStateChange: logState(log),
      onFailure,
    },
    settings,
  );
  const listeners = [ports.api.server, ...(ports.gateway === undefined ? [] : [ports.gateway.server])];
  releases.add(() => closeListeners(listeners));
  releases.add(() => gateway.close());
  gateway.start();
  const worker = hasWorker(config)
    ? await startWorker({ control, gateway, engine, databaseUrl: url, taskResults: folder.taskResults, metrics, onFailure })
    : undefined;
  // Before the gateway ends, by which it carries tasks out.
  releases.add(() => worker?.stop(WORKER_FAREWELL_MS));
  const { audit, queue } = control;
  watched.serve({ vitals: () => gateway.vitals(), backlog: () => audit.backlog(), tasks: () => queue.tasks.counts() }, options.onProgress);
  const stopping = new AbortController();
  const api = createApi({
    edge: edgePolicyFor(host, config.security.allowed_hosts),
    ready: gateway.pipeline.ready,
    newTraceId: traceIdOf,
    authenticate: control.authenticate,
    routes: controlRoutes(control, {
      statusOf: statusOf(gateway),
      serverLogs: serverLogSource(logs),
      sessionKeys: () => [{ number: 1, key: Buffer.from(keys.sessions).toString("base64") }],
      stopping: stopping.signal,
    }),
    audit: control.audit.sink,
    clock: systemClock,
    onFailure: (error, traceId) => log.error({ err: error.cause ?? error, reason: error.reason, traceId }, error.message),
  });
  const urls = {
    api: baseUrl(host, ports.api.server.port ?? 0),
    gateway: ports.gateway === undefined ? undefined : baseUrl(host, ports.gateway.server.port ?? 0),
  };
  const handle = gatewayHandler(gateway.pipeline);
  const running: Running = { api: urls.api, operatorKey, ...reachedAt(urls.gateway, gateway) };
  let serving = false;
  const serve = () => {
    if (serving) return;
    serving = true;
    ports.api.serve((request, address) => {
      if (isServerOfProject(pathOf(request.url))) return handle(request, { address });
      return api.fetch(request, address === undefined ? {} : { address });
    });
    ports.gateway?.serve(socketHandler(gateway.pipeline));
    writeInstance(folder.instance, { pid: process.pid, startedAt: new Date().toISOString(), running });
    releases.add(() => stopping.abort());
  };
  const settled = (signal?: AbortSignal) => settle(gateway, options.onProgress, signal);
  const drain = (how: DrainOptions) => {
    gateway.drain();
    stopping.abort();
    worker?.leave();
    return untilIdle([...listeners, parkedAt(gateway), ...(worker === undefined ? [] : [worker])], how);
  };
  const close = () => releases.run();
  return { api: urls.api, gatewayUrl: urls.gateway, running, operatorKey, control, gateway, demo, serve, settled, drain, close };
}

/** How long tasks that run at the end may take after they were ended. */
const WORKER_FAREWELL_MS = 0;

function hasWorker({ queue }: Config): boolean {
  return queue.worker && queue.driver !== "sync";
}

function bindPorts({ host, apiPort, gatewayPort, config = DEFAULT_CONFIG, log }: StartEmbeddedOptions, releases: Releases) {
  const bytes = Math.max(MAX_BODY_BYTES, gatewaySettingsOf(config).maxBodyBytes) + SLACK_BYTES;
  const api = bindPort({ hostname: host, port: apiPort, flag: "--api-port", maxBodyBytes: bytes });
  releases.add(() => api.server.stop(true));
  if (gatewayPort === undefined) return { api, gateway: undefined };
  const gateway = bindGatewayPort({ hostname: host, port: gatewayPort, flag: "--gateway-port" }, logFailure(log));
  releases.add(() => gateway.server.stop(true));
  return { api, gateway };
}

async function openMigrated({ databaseUrl, folder, onProgress }: StartEmbeddedOptions, releases: Releases) {
  const url = databaseUrl ?? folder.database;
  const parsed = parseDatabaseUrl(url);
  onProgress(`opening ${parsed.engine === "sqlite" ? parsed.file : describeServer(parsed)}`);
  const { db, engine } = await openDatabase(url);
  releases.add(() => db.destroy());
  await migrateToLatest(db);
  return { db: db as Kysely<Schema>, engine, url };
}

/** Of the gateway's routes the one that leads to one server: the API's, else the manager's. */
function reachedAt(url: string | undefined, { pipeline }: Gateway): { gateway?: string; servers?: string } {
  if (url === undefined) return {};
  const { api, manager } = pipeline.policy.routes;
  const prefix = api ?? manager;
  return { gateway: url, ...(prefix === undefined ? {} : { servers: url + prefix }) };
}

/** A server as REST shows it, as this process's gateway sees it. */
function statusOf(gateway: Gateway) {
  return (handle: string) => {
    const found = gateway.statuses().find((status) => status.handle === handle);
    if (found === undefined) return null;
    const { state, reason, tools, stale } = found;
    return { state, ...(reason === undefined ? {} : { reason }), tools, stale };
  };
}

async function settle(gateway: Gateway, onProgress: (line: string) => void, signal: AbortSignal | undefined): Promise<void> {
  for (const { handle, enabled } of gateway.statuses()) if (enabled) onProgress(`starting server ${handle}`);
  await Promise.race([gateway.settled(), ...(signal === undefined ? [] : [aborted(signal)])]);
  if (signal?.aborted === true) return;
  for (const { handle, enabled, state, tools, reason } of gateway.statuses()) {
    if (enabled)
      onProgress(state === "ready" ? `server ${handle}: ${tools ?? 0} tools` : `server ${handle}: ${state}, ${reason ?? "no answer yet"}`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
