import type { ServerDefinition, Snapshot } from "../api/server-definition.ts";
import type { ServerStatus } from "../api/server-status.ts";
import type { AppError } from "../core/app-error.ts";
import type { Clock } from "../core/clock.ts";
import { edgePolicyFor } from "../core/edge-policy.ts";
import type { ListKind } from "./catalog/list-item.ts";
import { CATALOG_LIMITS, ServerCatalog } from "./catalog/server-catalog.ts";
import { projectView, serverView } from "./catalog/view.ts";
import type { ControlPlane } from "./control-plane.ts";
import { GrantCache } from "./identity/grant-cache.ts";
import type { PipelineDeps } from "./pipeline.ts";
import type { ServerHost } from "./server-host.ts";
import type { Keyring } from "./session/sealed-id.ts";
import { type EndedSessions, SessionTable } from "./session/session-table.ts";
import type { ListChangedMethod, Upstream, UpstreamEvents } from "./upstream/upstream.ts";

export interface GatewaySettings {
  readonly bindAddress: string;
  readonly maxBodyBytes: number;
  readonly callTimeoutMs: number;
  readonly firstListWaitMs: number;
}

export const GATEWAY_SETTINGS: Omit<GatewaySettings, "bindAddress"> = {
  maxBodyBytes: 256 * 1024,
  callTimeoutMs: 300_000,
  firstListWaitMs: 1000,
};

export interface GatewayDeps {
  readonly control: ControlPlane;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly monotonicNow: () => number;
  /** Makes the connection to a server by what backs it. */
  readonly connect: (server: ServerDefinition, events: UpstreamEvents) => Upstream;
  readonly onFailure: (error: AppError) => void;
}

const MAX_SESSIONS_HELD = 10_000;
const SESSION_LIMIT_MS = 24 * 3600_000;
const SESSION_HOLD_MS = 10 * 60_000;
const SWEEP_MS = 30_000;
const MAX_GRANTS = 10_000;
const MAX_BATCH = 50;

const CHANGED: Readonly<Record<ListKind, ListChangedMethod>> = {
  tools: "notifications/tools/list_changed",
  prompts: "notifications/prompts/list_changed",
  resources: "notifications/resources/list_changed",
  resourceTemplates: "notifications/resources/list_changed",
};

/** The gateway: the servers of a snapshot, the views over them, and the sessions of those who call. */
export interface Gateway {
  readonly pipeline: PipelineDeps;
  /** Connects to every enabled server in the background. */
  start(): void;
  /** Resolves when every enabled server has been read or has failed once. */
  settled(): Promise<void>;
  statuses(): ServerStatus[];
  /** Takes no more calls; ends sessions and servers. No child is left when it resolves. */
  close(): Promise<void>;
}

export async function createGateway(deps: GatewayDeps, settings: GatewaySettings): Promise<Gateway> {
  const snapshot = await deps.control.snapshot();
  const ended = await loadEndedSessions(deps);
  const sessions = createSessionTable(deps, ended);
  const hosts = hostsOf(deps, snapshot, (host, kinds) => announce(sessions, snapshot, host, kinds));
  const projects = new Map(snapshot.projects.map(({ name, servers }) => [name, projectView(present(hosts, servers))]));
  const servers = new Map([...hosts.values()].map((host) => [host.handle, serverView(host)]));
  const sweeper = setInterval(() => {
    sessions.sweep();
    ended.prune();
  }, SWEEP_MS);
  sweeper.unref();
  let ready = false;
  return {
    pipeline: {
      edge: edgePolicyFor(settings.bindAddress),
      grants: createGrantCache(deps),
      projectView: (name) => projects.get(name),
      serverView: (handle) => servers.get(handle),
      sessions,
      limits: { ...settings, maxBatch: MAX_BATCH },
      ready: () => ready,
      onFailure: deps.onFailure,
    },
    start() {
      ready = true;
      for (const host of hosts.values()) host.upstream.start();
    },
    async settled() {
      await Promise.all([...hosts.values()].map((host) => host.catalog.refresh()));
    },
    statuses: () => snapshot.servers.map((server) => statusOf(server, hosts.get(server.handle), snapshot)),
    async close() {
      ready = false;
      clearInterval(sweeper);
      sessions.closeAll();
      await Promise.all([...hosts.values()].map((host) => host.upstream.close()));
    },
  };
}

function createGrantCache({ control, clock }: GatewayDeps): GrantCache {
  const introspect = (hash: string) => control.introspect(hash);
  return new GrantCache({ introspect, clock, positiveTtlMs: 30_000, negativeTtlMs: 5000, maxEntries: MAX_GRANTS });
}

/** The sessions that ended before their time, kept at hand so that looking one up costs no question. */
async function loadEndedSessions({ control, clock }: GatewayDeps): Promise<EndedSessions & { prune(): void }> {
  const hashes = new Map((await control.endedSessions()).map(({ idHash, expiresAt }) => [idHash, expiresAt]));
  return {
    async add(idHash, expiresAt) {
      hashes.set(idHash, expiresAt);
      await control.endSession(idHash, expiresAt);
    },
    has: (idHash) => hashes.has(idHash),
    prune() {
      for (const [idHash, expiresAt] of hashes) if (expiresAt <= clock.now()) hashes.delete(idHash);
    },
  };
}

function createSessionTable({ keyring, clock }: GatewayDeps, ended: EndedSessions): SessionTable {
  return new SessionTable({
    keyring,
    clock,
    ended,
    absoluteLimitMs: SESSION_LIMIT_MS,
    holdMs: SESSION_HOLD_MS,
    maxHeld: MAX_SESSIONS_HELD,
  });
}

function hostsOf(
  deps: GatewayDeps,
  snapshot: Snapshot,
  onChange: (handle: string, kinds: readonly ListKind[]) => void,
): Map<string, ServerHost> {
  const enabled = snapshot.servers.filter((server) => server.enabled);
  return new Map(
    enabled.map((definition) => {
      const { handle } = definition;
      const upstream = deps.connect(definition, { listChanged: () => catalog.invalidate() });
      const catalog = new ServerCatalog({
        handle,
        upstream,
        limits: CATALOG_LIMITS,
        monotonicNow: deps.monotonicNow,
        onChange: (kinds) => onChange(handle, kinds),
      });
      return [handle, { handle, definition, upstream, catalog }];
    }),
  );
}

function present(hosts: ReadonlyMap<string, ServerHost>, handles: readonly string[]): ServerHost[] {
  return handles.map((handle) => hosts.get(handle)).filter((host) => host !== undefined);
}

/** Tells the clients with an open stream whose view has this server that its lists are not what they were. */
function announce(sessions: SessionTable, snapshot: Snapshot, handle: string, kinds: readonly ListKind[]): void {
  const projects = new Set(snapshot.projects.filter(({ servers }) => servers.includes(handle)).map(({ name }) => name));
  const messages = [...new Set(kinds.map((kind) => CHANGED[kind]))].map((method) => `{"jsonrpc":"2.0","method":"${method}"}`);
  for (const { claims, push } of sessions.held()) {
    const seen = claims.server === undefined ? projects.has(claims.project ?? "") : claims.server === handle;
    if (seen) for (const message of messages) push(message);
  }
}

function statusOf(server: ServerDefinition, host: ServerHost | undefined, snapshot: Snapshot): ServerStatus {
  const { handle, enabled, backing } = server;
  const projects = snapshot.projects.filter(({ servers }) => servers.includes(handle)).map(({ name }) => name);
  const status = host?.upstream.status() ?? { state: "disabled" as const };
  const tools = host?.catalog.lists?.tools.length ?? null;
  return { handle, backing: backing.kind, enabled, ...status, tools, stale: host?.catalog.stale ?? false, projects };
}
