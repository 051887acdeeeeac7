import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { OPERATOR_KEY_PREFIX } from "../api/operator-key.ts";
import { createApi } from "../control/http/create-api.ts";
import { toBase62 } from "../core/base62.ts";
import { systemClock } from "../core/clock.ts";
import { edgePolicyFor } from "../core/edge-policy.ts";
import { hashToken } from "../core/mcp-token.ts";
import { createGateway, GATEWAY_SETTINGS, type Gateway } from "../gateway/gateway.ts";
import { gatewayHandler } from "../gateway/http/gateway-handler.ts";
import { traceIdOf } from "../gateway/trace-id.ts";
import { migrateToLatest } from "../store/migrate.ts";
import type { Schema } from "../store/schema.ts";
import { openSqlite } from "../store/sqlite/open-sqlite.ts";
import { baseUrl } from "./base-url.ts";
import { bindPort } from "./bind-port.ts";
import { connectServer } from "./connect-server.ts";
import type { DataFolder } from "./data-folder.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { ensureDemo } from "./demo.ts";
import { embeddedControlPlane } from "./embedded-control-plane.ts";
import { holdDataFolder } from "./hold-data-folder.ts";
import { removeInstance, writeInstance } from "./instance-file.ts";
import { readMasterKey, sessionKeyring } from "./master-key.ts";
import { Releases } from "./releases.ts";

export interface StartEmbeddedOptions {
  readonly host: string;
  readonly apiPort: number;
  readonly gatewayPort: number;
  readonly folder: DataFolder;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly onProgress: (line: string) => void;
  /** The data folder is ours from here on. */
  readonly onFolderHeld?: () => void;
}

/** mcpd and the gateway in this process, with their ports taken and their servers starting. */
export interface Embedded {
  readonly api: string;
  readonly gatewayUrl: string;
  readonly operatorKey: string;
  readonly db: Kysely<Schema>;
  readonly gateway: Gateway;
  readonly demo: Awaited<ReturnType<typeof ensureDemo>>;
  /** From here on requests are answered. Every call but the first does nothing. */
  serve(): void;
  /** Resolves when every server has been read or has failed once, or when `signal` is aborted. */
  settled(signal?: AbortSignal): Promise<void>;
  /** Lets calls in flight finish for a moment, then stops all; no child is left when it resolves. */
  close(): Promise<void>;
}

/** Largest body of the REST API, in bytes. */
const API_BODY_BYTES = 1024 * 1024;
/** The gateway's transport lets in more than its own limit, so that the pipeline says 413 in its own words. */
const GATEWAY_SLACK_BYTES = 8 * 1024 * 1024;
const DRAIN_MS = 1500;

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
  const { folder, host, log, env } = options;
  prepareDataFolder(folder);
  const lock = holdDataFolder(folder);
  releases.add(() => lock.release());
  options.onFolderHeld?.();
  writeInstance(folder.instance, { pid: process.pid, startedAt: new Date().toISOString() });
  releases.add(() => removeInstance(folder.instance));

  const maxBodyBytes = GATEWAY_SETTINGS.maxBodyBytes + GATEWAY_SLACK_BYTES;
  const apiPort = bindPort({ hostname: host, port: options.apiPort, flag: "--api-port", maxBodyBytes: API_BODY_BYTES });
  releases.add(() => apiPort.server.stop(true));
  const gatewayPort = bindPort({ hostname: host, port: options.gatewayPort, flag: "--gateway-port", maxBodyBytes });
  releases.add(() => gatewayPort.server.stop(true));

  options.onProgress(`opening ${folder.database}`);
  const db = openSqlite(folder.database);
  releases.add(() => db.destroy());
  await migrateToLatest(db);
  const demo = await ensureDemo(db, folder.files);

  const operatorKey = OPERATOR_KEY_PREFIX + toBase62(randomBytes(32), 43);
  const gateway = await createGateway(
    {
      control: embeddedControlPlane(db, systemClock, hashToken(operatorKey)),
      keyring: sessionKeyring(readMasterKey(folder.masterKey)),
      clock: systemClock,
      monotonicNow: () => performance.now(),
      connect: connectServer({ db, log, env }),
      onFailure: (error) =>
        log[error.code === "internal" ? "error" : "info"]({ err: error.cause ?? error, reason: error.reason }, error.message),
    },
    { ...GATEWAY_SETTINGS, bindAddress: host },
  );
  releases.add(() => gateway.close());
  gateway.start();
  const api = createApi({
    edge: edgePolicyFor(host),
    ready: gateway.pipeline.ready,
    serverStatuses: gateway.statuses,
    operatorKeyHash: hashToken(operatorKey),
    newTraceId: traceIdOf,
  });
  const urls = { api: baseUrl(host, apiPort.server.port ?? 0), gateway: baseUrl(host, gatewayPort.server.port ?? 0) };
  let serving = false;
  const serve = () => {
    if (serving) return;
    serving = true;
    apiPort.serve((request) => api.fetch(request));
    gatewayPort.serve(gatewayHandler(gateway.pipeline));
    writeInstance(folder.instance, { pid: process.pid, startedAt: new Date().toISOString(), running: { ...urls, operatorKey } });
    releases.add(() => drain([apiPort.server, gatewayPort.server]));
  };
  const settled = (signal?: AbortSignal) => settle(gateway, options.onProgress, signal);
  return { api: urls.api, gatewayUrl: urls.gateway, operatorKey, db, gateway, demo, serve, settled, close: () => releases.run() };
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

/** Takes no new connections and gives calls in flight a moment. */
async function drain(servers: readonly { stop(force: boolean): Promise<void> }[]): Promise<void> {
  const finished = Promise.all(servers.map((server) => server.stop(false)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS);
  });
  await Promise.race([finished, late]);
  // A timer that is left would keep the process.
  clearTimeout(timer);
}
