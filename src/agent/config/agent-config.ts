import { isIPv6 } from "node:net";
import { z } from "zod";
import { AppError } from "../../core/app-error.ts";
import { parseDuration } from "../../core/duration.ts";
import { NODE_NAME, NODE_NAME_RULE } from "../../core/node-name.ts";

export const AGENT_LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export const CONTAINER_RUNTIMES = ["auto", "podman", "podman-cli", "docker"] as const;

const MAX_PATH = 4096;
const filePath = z.string().min(1, "must not be empty").max(MAX_PATH);

const listenAddress = z.string().transform((text, context) => {
  const [, six, name = "", port = ""] = /^(?:\[([^\]]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? name;
  if ((six === undefined || isIPv6(six)) && port !== "" && Number(port) <= 65_535) {
    return { host: host === "" ? "0.0.0.0" : host, port: Number(port) };
  }
  context.addIssue({ code: "custom", message: "must be HOST:PORT, as in 0.0.0.0:9444; an IPv6 address stands in brackets" });
  return z.NEVER;
});

/** `30s`, `5m`, `720h` as milliseconds. */
function duration(least: string, most: string) {
  const [min, max] = [parseDuration(least), parseDuration(most)];
  return z.string().transform((text, context) => {
    try {
      const ms = parseDuration(text);
      if (ms >= min && ms <= max) return ms;
      context.addIssue({ code: "custom", message: `must be between ${least} and ${most}` });
    } catch (thrown) {
      context.addIssue({ code: "custom", message: `must be a time such as 30s or 5m: ${(thrown as AppError).message}` });
    }
    return z.NEVER;
  });
}

/** Every table and key of mcp-agent.toml. */
export const agentConfigSchema = z.strictObject({
  server: z.strictObject({
    /** Where it listens: HOST:PORT. Port 0 is a free one. */
    grpc_addr: listenAddress,
    tls_cert: filePath,
    tls_key: filePath,
    /** Authorities of the certificates that clients must show. */
    tls_client_ca: filePath.optional(),
  }),
  database: z.strictObject({
    /** The registry. */
    path: filePath,
  }),
  mcias: z.strictObject({
    /** The identity provider; mcpd is one. */
    server_url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).transform((url) => url.replace(/\/+$/, "")),
    /** Authorities in PEM that its certificate may come from; those of the system where it is empty. */
    ca_cert: z.string().max(MAX_PATH).default(""),
    /** What this agent calls itself there. */
    service_name: z.string().min(1).max(100).default("mcp-agent"),
  }),
  agent: z.strictObject({
    node_name: z.string().regex(NODE_NAME, `must be ${NODE_NAME_RULE}`),
    container_runtime: z.enum(CONTAINER_RUNTIMES).default("auto"),
    /** Socket of a container engine that runs already; the agent starts one of its own where none is named. */
    runtime_socket: filePath.optional(),
    /** The agent's own state; default: the folder of the registry. */
    data_dir: filePath.optional(),
    /** The folder that holds one for each service. */
    files_root: filePath.default("/srv"),
    /** Further folders that volumes may come from. */
    bind_roots: z.array(filePath).max(50).default([]),
    backups_dir: filePath.default("/srv/mcp/backups"),
  }),
  proxy: z
    .strictObject({
      /** Whether components are reached through the agent's port. */
      enabled: z.boolean().default(true),
      /** A file with a token that opens the proxy and nothing else. */
      token_file: filePath.optional(),
    })
    .prefault({}),
  monitor: z
    .strictObject({
      interval: duration("1s", "1h").prefault("30s"),
      flap_window: duration("10s", "24h").prefault("10m"),
      flap_threshold: z.int().min(1).max(1000).default(3),
      cooldown: duration("0s", "7d").prefault("15m"),
      retention: duration("1h", "3650d").prefault("30d"),
      /** A program and its arguments; no shell. */
      alert_command: z.array(z.string()).max(100).default([]),
      alert_timeout: duration("1s", "10m").prefault("10s"),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(AGENT_LOG_LEVELS).default("info") }).prefault({}),
  snapshots: z.strictObject({ keep: z.int().min(1).max(1000).default(7) }).prefault({}),
  limits: z
    .strictObject({
      /** RPCs at one time, streams among them. */
      max_rpcs: z.int().min(10).max(10_000).default(200),
      /** Calls of the proxy at one time. */
      max_proxy_calls: z.int().min(1).max(10_000).default(1000),
      max_file_mib: z.int().min(1).max(1_000_000).default(4096),
      /** What a push of a file leaves free on its disk. */
      keep_free_mib: z.int().min(0).max(1_000_000).default(256),
    })
    .prefault({}),
});

type Parsed = z.output<typeof agentConfigSchema>;

/** The configuration with its paths made whole. */
export type AgentConfig = Omit<Parsed, "agent"> & { readonly agent: Parsed["agent"] & { readonly data_dir: string } };

export function configInvalid(message: string, hint?: string): AppError {
  return new AppError("invalid", "CONFIG_INVALID", message, hint === undefined ? {} : { hint });
}
