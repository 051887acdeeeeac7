import { DEFAULT_ROUTES, type RoutePolicy } from "../route-policy.ts";
import { DEFAULT_SCOPES, type ScopeMap, scopesOfTable } from "./scope-map.ts";

/** What an installation's configuration says of all servers. What a server says in its own policy takes its place. */
export interface GatewayPolicy {
  readonly routes: RoutePolicy;
  readonly scopes: ScopeMap;
  /** Patterns of the handles of servers that are served. */
  readonly allowServers: readonly string[];
  /** Patterns of tools that are refused, of every server. */
  readonly denyTools: readonly string[];
  readonly rates: RatePolicy;
  readonly limits: LimitPolicy;
  readonly stream: StreamPolicy;
  readonly queue: QueuePolicy;
  readonly dispatch: DispatchPolicy;
  /** Origins of pages that may use the session cookie, besides the one that a request was sent to. */
  readonly ownOrigins: readonly string[];
  /** Names that a request's Host may be, without a port, besides those that the address it listens on allows. */
  readonly allowedHosts: readonly string[];
}

/** Calls a minute of one identity to one server by one method; 0 is no limit. */
export interface RatePolicy {
  readonly perMinute: number;
  /** By method or pattern of methods, in place of `perMinute`. */
  readonly methods: Readonly<Record<string, number>>;
}

export interface LimitPolicy {
  readonly maxResultBytes: number;
  /** 0 is no limit. */
  readonly maxResultItems: number;
  /** How deep the JSON of a request may nest. */
  readonly maxDepth: number;
  readonly maxHeaderBytes: number;
  /** Calls in flight at once; 0 is no limit. */
  readonly maxConcurrentCalls: number;
  readonly maxConcurrentCallsPerIdentity: number;
}

export interface StreamPolicy {
  readonly enabled: boolean;
  readonly heartbeatSeconds: number;
  readonly maxSeconds: number;
  /** Whether a call is canceled at its server when its client goes away. */
  readonly abortOnDisconnect: boolean;
}

/** Of dispatched calls. */
export interface QueuePolicy {
  /** How long a call whose process is gone counts as running. */
  readonly leaseSeconds: number;
  /** What is kept of a result. */
  readonly maxResultBytes: number;
}

export interface DispatchPolicy {
  /** A call of a modern client that knows tasks becomes one when it takes longer; 0: none does. */
  readonly autoAfterSeconds: number;
}

/** More than this the listener itself refuses (Bun 1.4: 16 KiB). */
export const TRANSPORT_HEADER_BYTES = 16_384;

export const DEFAULT_GATEWAY_POLICY: GatewayPolicy = {
  routes: DEFAULT_ROUTES,
  scopes: scopesOfTable(DEFAULT_SCOPES),
  allowServers: ["*"],
  denyTools: [],
  rates: { perMinute: 600, methods: {} },
  limits: {
    maxResultBytes: 64 * 1024 * 1024,
    maxResultItems: 0,
    maxDepth: 128,
    maxHeaderBytes: TRANSPORT_HEADER_BYTES,
    maxConcurrentCalls: 10_000,
    maxConcurrentCallsPerIdentity: 2000,
  },
  stream: { enabled: true, heartbeatSeconds: 15, maxSeconds: 3600, abortOnDisconnect: true },
  queue: { leaseSeconds: 30, maxResultBytes: 256 * 1024 },
  dispatch: { autoAfterSeconds: 0 },
  ownOrigins: [],
  allowedHosts: [],
};
