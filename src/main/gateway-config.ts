import { z } from "zod";
import { MAX_OUTCOME_BYTES } from "../api/dispatch-task.ts";
import { globSchema, methodPatternSchema, perMinuteSchema } from "../api/server-policy.ts";
import { type GatewayPolicy, TRANSPORT_HEADER_BYTES } from "../gateway/policy/gateway-policy.ts";
import { DEFAULT_SCOPES, scopesOfTable } from "../gateway/policy/scope-map.ts";
import { routePolicyOf, TAKEN_PATHS } from "../gateway/route-policy.ts";

const KIB = 1024;
const GIB = KIB * KIB * KIB;

const pathPart = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, "must be one part of a path, 1-63 of letters, digits, '_', '-' and '.'");
const isTaken = (first: string) => TAKEN_PATHS.includes(first.toLowerCase());
const taken = `must not begin with ${TAKEN_PATHS.join(", ")}, which lead elsewhere`;

const methods = z.array(methodPatternSchema).max(200);
const globs = z.array(globSchema).max(1000);

const modeTable = z.strictObject({
  /** The manager's routes. */
  internal: z.boolean().default(true),
  /** The API's routes. */
  api: z.boolean().default(true),
});

const routeTable = z
  .strictObject({
    manager_prefix: pathPart.refine((part) => !isTaken(part), taken).default("emcp"),
    /** Empty: the version comes first. */
    api_base: z
      .string()
      .regex(/^(?:\/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}){0,4}$/, "must be empty, or 1-4 parts of a path with a slash before each, as /api")
      .refine((base) => !isTaken(base.split("/")[1] ?? ""), taken)
      .default("/api"),
    version: pathPart.default("v1"),
  })
  .refine(({ api_base: base, version }) => base !== "" || !isTaken(version), { path: ["version"], error: taken });

/** As a whole in place of the default. */
export const scopeMapTable = z
  .strictObject({ "mcp:read": methods.default([]), "mcp:call": methods.default([]), "mcp:admin": methods.default([]) })
  .default(() => structuredClone(DEFAULT_SCOPES) as Record<"mcp:read" | "mcp:call" | "mcp:admin", string[]>);

const hostName = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])$/,
    "must be a host without a port, as mcp.example.org",
  );

const securityTable = z.strictObject({
  /** Handles of the servers that are served. */
  allow_servers: globs.default(["*"]),
  /** Tools that are refused, of every server. */
  deny_tools: globs.default([]),
  /** Names that a request's Host may be, besides those of loopback. */
  allowed_hosts: z.array(hostName).max(100).default([]),
  /** Whether every server offers the tools that it declares to write; else each says so by its `writeTools`. */
  enable_write_tools: z.boolean().default(false),
});

const rateTable = z.strictObject({
  /** Calls of one identity to one server by one method; 0 is no limit. */
  per_minute: perMinuteSchema.default(600),
  methods: z.record(methodPatternSchema, perMinuteSchema).default({}),
  /** Where calls are counted: in this process, or in a Redis or Valkey that several share. */
  store: z
    .string()
    .regex(/^(?:memory|rediss?:\/\/[^\s/?#]+(?:\/\d{0,4})?)$/, 'must be "memory" or redis://HOST:PORT')
    .default("memory"),
  /** What becomes of a call that cannot be counted: `open` lets it pass, `closed` refuses it. */
  on_store_failure: z.enum(["open", "closed"]).default("open"),
});

const limitsTable = z.strictObject({
  max_payload_kb: z
    .int()
    .min(1)
    .max(64 * KIB)
    .default(256),
  max_result_bytes: z
    .int()
    .min(KIB)
    .max(GIB)
    .default(64 * KIB * KIB),
  /** 0 is no limit. */
  max_result_items: z.int().min(0).max(1_000_000).default(0),
  max_depth: z.int().min(8).max(1000).default(128),
  max_header_bytes: z.int().min(KIB).max(TRANSPORT_HEADER_BYTES).default(TRANSPORT_HEADER_BYTES),
  /** Calls in flight at once; 0 is no limit. */
  max_concurrent_calls: z.int().min(0).max(1_000_000).default(10_000),
  max_concurrent_calls_per_identity: z.int().min(0).max(1_000_000).default(2000),
});

const streamTable = z.strictObject({
  enabled: z.boolean().default(true),
  heartbeat_seconds: z.int().min(1).max(300).default(15),
  max_stream_seconds: z.int().min(1).max(86_400).default(3600),
  abort_on_disconnect: z.boolean().default(true),
});

const dispatchTable = z.strictObject({
  /** After how long a call of a client that knows the tasks extension becomes a task; 0: never. */
  auto_after_seconds: z.number().min(0).max(3600).default(0),
});

const queueTable = z.strictObject({
  /** What brings dispatched calls to workers: the database, or pg-boss in a Postgres; `sync`: their requests wait for them. */
  driver: z.enum(["embedded", "pgboss", "sync"]).default("embedded"),
  /** What becomes of a call that cannot be queued: its request waits for it, or is refused. */
  failover: z.enum(["sync", "fail"]).default("sync"),
  /** Whether mcpd carries tasks out itself; else `mcpd worker` does. */
  worker: z.boolean().default(true),
  /** Tasks that one worker carries out at once. */
  concurrency: z.int().min(1).max(1000).default(16),
  /** How often a task is begun that came to nothing and may be begun again. */
  attempts: z.int().min(1).max(20).default(3),
  /** How long a task may wait to be begun. */
  ttl_seconds: z.int().min(1).max(86_400).default(3600),
  /** How long a call whose process is gone counts as running. */
  lease_seconds: z.int().min(1).max(3600).default(30),
  /** What is kept of a result. */
  max_result_bytes: z
    .int()
    .min(KIB)
    .max(MAX_OUTCOME_BYTES)
    .default(256 * KIB),
});

/** Tables of the configuration file that a gateway reads. */
export const gatewayTables = {
  mode: modeTable.prefault({}),
  route: routeTable.prefault({}),
  security: securityTable.prefault({}),
  rate_limit: rateTable.prefault({}),
  limits: limitsTable.prefault({}),
  stream: streamTable.prefault({}),
  queue: queueTable.prefault({}),
  dispatch: dispatchTable.prefault({}),
};

export type GatewayConfig = z.infer<z.ZodObject<typeof gatewayTables>> & {
  readonly auth: { readonly own_origins: readonly string[]; readonly scope_map: z.infer<typeof scopeMapTable> };
};

/** What of a gateway's settings a configuration decides. */
export function gatewaySettingsOf(config: GatewayConfig): { readonly maxBodyBytes: number; readonly policy: GatewayPolicy } {
  return { maxBodyBytes: config.limits.max_payload_kb * KIB, policy: gatewayPolicyOf(config) };
}

function gatewayPolicyOf({ mode, route, security, rate_limit: rate, limits, stream, queue, dispatch, auth }: GatewayConfig): GatewayPolicy {
  return {
    routes: routePolicyOf({ ...mode, managerPrefix: route.manager_prefix, apiBase: route.api_base, version: route.version }),
    scopes: scopesOfTable(auth.scope_map),
    allowServers: security.allow_servers,
    denyTools: security.deny_tools,
    rates: { perMinute: rate.per_minute, methods: rate.methods },
    limits: {
      maxResultBytes: limits.max_result_bytes,
      maxResultItems: limits.max_result_items,
      maxDepth: limits.max_depth,
      maxHeaderBytes: limits.max_header_bytes,
      maxConcurrentCalls: limits.max_concurrent_calls,
      maxConcurrentCallsPerIdentity: limits.max_concurrent_calls_per_identity,
    },
    stream: {
      enabled: stream.enabled,
      heartbeatSeconds: stream.heartbeat_seconds,
      maxSeconds: stream.max_stream_seconds,
      abortOnDisconnect: stream.abort_on_disconnect,
    },
    queue: { leaseSeconds: queue.lease_seconds, maxResultBytes: queue.max_result_bytes },
    dispatch: { autoAfterSeconds: dispatch.auto_after_seconds },
    ownOrigins: auth.own_origins,
    allowedHosts: security.allowed_hosts,
  };
}
