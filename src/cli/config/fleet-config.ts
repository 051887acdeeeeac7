import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { parseFingerprint } from "../../api/agent/fingerprint.ts";
import { parseNodeAddress } from "../../api/agent/node-address.ts";
import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { NODE_NAME, NODE_NAME_RULE } from "../../core/node-name.ts";
import { oneLine } from "../../core/one-line.ts";
import type { CliDeps } from "../ports.ts";
import { parseApiUrl } from "./api-url.ts";

type Env = CliDeps["env"];

const text = z.string().min(1, "is empty");

const nodeSchema = z.strictObject({
  name: text.regex(NODE_NAME, `must be ${NODE_NAME_RULE}`),
  /** HOST or HOST:PORT. */
  address: text,
  /** SHA-256 of the agent's certificate. */
  fingerprint: text.optional(),
  /** A file with certificates of authorities, in place of the system's. */
  ca: text.optional(),
});

/** Every table and key of the file. */
export const fleetConfigSchema = z.strictObject({
  services: z.strictObject({ dir: text.optional() }).default({}),
  mcias: z.strictObject({ server_url: text, ca_cert: z.string().optional(), service_name: z.string().optional() }).optional(),
  auth: z.strictObject({ token_path: text.optional(), username: z.string().optional(), password_file: z.string().optional() }).default({}),
  nodes: z.array(nodeSchema).max(1_000).default([]),
});

/** A node as the file has it. */
export type NodeEntry = z.infer<typeof nodeSchema>;

/** What the commands for the fleet go by. Paths are absolute, or relative to where the command runs. */
export interface FleetConfig {
  readonly path: string;
  /** The folder of the services' TOML files. */
  readonly servicesDir: string;
  readonly identity: {
    /** Base URL of the identity provider; undefined: mcpd of the context. */
    readonly serverUrl: string | undefined;
    /** A file. */
    readonly caCert: string | undefined;
    readonly serviceName: string;
  };
  readonly auth: {
    /** The file of the token for agents. */
    readonly tokenPath: string;
    readonly username: string | undefined;
    readonly passwordFile: string | undefined;
  };
  readonly nodes: readonly NodeEntry[];
}

/** `--config`, else `$MCP_CONFIG`, else mcp/mcp.toml in `$XDG_CONFIG_HOME` or ~/.config; undefined where nobody has a home. */
export function fleetConfigPath(env: Env, flag: string | undefined): string | undefined {
  if (flag !== undefined || env.MCP_CONFIG) return flag ?? env.MCP_CONFIG;
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, "mcp", "mcp.toml");
  return env.HOME ? join(env.HOME, ".config", "mcp", "mcp.toml") : undefined;
}

/**
 * The configuration of the fleet; the defaults where there is no file and none was named. Variables `MCP_…` replace what
 * the file says. Throws `invalid`/`FLEET_CONFIG_INVALID`, `not_found`/`FLEET_CONFIG_UNREADABLE`,
 * `precondition`/`CONFIG_HOME_UNKNOWN`.
 */
export function readFleetConfig(env: Env, flag: string | undefined): FleetConfig {
  const path = requireFleetConfigPath(env, flag);
  return parseFleetConfig(readFleetFile(path, flag !== undefined || Boolean(env.MCP_CONFIG)), path, env);
}

export function requireFleetConfigPath(env: Env, flag: string | undefined): string {
  const path = fleetConfigPath(env, flag);
  if (path !== undefined) return path;
  throw new AppError("precondition", "CONFIG_HOME_UNKNOWN", "It is not known where the configuration is: HOME is not set", {
    hint: "add --config FILE, or set MCP_CONFIG to one",
  });
}

/** The text of the file; empty where there is none, unless it must be there. */
export function readFleetFile(path: string, mustExist: boolean): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "unknown";
    if (code === "ENOENT" && !mustExist) return "";
    throw new AppError("not_found", "FLEET_CONFIG_UNREADABLE", `The configuration ${path} cannot be read: ${code}`, {
      cause,
      hint: "'mcpctl node add NAME ADDRESS' writes one",
    });
  }
}

/** As `readFleetConfig`, of a text. */
export function parseFleetConfig(content: string, path: string, env: Env): FleetConfig {
  const { services, mcias, auth, nodes } = parseShape(parseToml(content, path), path);
  checkNodes(nodes, path);
  const atHome = (file: string) => expandHome(file, env);
  const folder = dirname(path);
  const passwordFile = env.MCP_AUTH_PASSWORD_FILE || auth.password_file || undefined;
  const username = env.MCP_AUTH_USERNAME || auth.username || undefined;
  if (passwordFile !== undefined && username === undefined) {
    throw invalid(`${path}: auth.username is missing: auth.password_file has a password and nobody to whom it belongs`);
  }
  const serverUrl = env.MCP_MCIAS_SERVER_URL || mcias?.server_url;
  const caCert = env.MCP_MCIAS_CA_CERT || mcias?.ca_cert;
  return {
    path,
    servicesDir: atHome(env.MCP_SERVICES_DIR || services.dir || join(folder, "services")),
    identity: {
      serverUrl: serverUrl === undefined ? undefined : parseApiUrl("mcias.server_url", serverUrl),
      caCert: caCert ? atHome(caCert) : undefined,
      serviceName: env.MCP_MCIAS_SERVICE_NAME || mcias?.service_name || "mcp",
    },
    auth: {
      tokenPath: atHome(env.MCP_AUTH_TOKEN_PATH || auth.token_path || join(folder, "token")),
      username,
      passwordFile: passwordFile === undefined ? undefined : atHome(passwordFile),
    },
    nodes: nodes.map((node) => (node.ca === undefined ? node : { ...node, ca: atHome(node.ca) })),
  };
}

function parseToml(content: string, path: string): unknown {
  try {
    return parse(content);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw invalid(`${path}:${cause.line}:${cause.column}: ${oneLine(cause.message.split("\n")[0] ?? "")}`);
  }
}

function parseShape(raw: unknown, path: string): z.infer<typeof fleetConfigSchema> {
  const parsed = fleetConfigSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.map(String).join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const known = knownKeys(issue.path[0]);
    const [meant] = nearest(key, known);
    const keys = `there are ${known.join(", ")}`;
    throw invalid(`${path}: there is no key '${oneLine(place === "" ? key : `${place}.${key}`)}'`, meant ? `did you mean ${meant}?` : keys);
  }
  const missing = issue?.code === "invalid_type" && valueAt(raw, issue.path) === undefined;
  throw invalid(`${path}: ${oneLine(place)} ${missing ? "is missing" : (issue?.message ?? "is invalid")}`);
}

/** The keys of the tables, or of one of them. */
function knownKeys(table: PropertyKey | undefined): readonly string[] {
  const { shape } = fleetConfigSchema;
  if (table === "services") return Object.keys(shape.services.unwrap().shape);
  if (table === "mcias") return Object.keys(shape.mcias.unwrap().shape);
  if (table === "auth") return Object.keys(shape.auth.unwrap().shape);
  return Object.keys(table === "nodes" ? nodeSchema.shape : shape);
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((outer, key) => (outer as Record<PropertyKey, unknown> | undefined)?.[key], raw);
}

function checkNodes(nodes: readonly NodeEntry[], path: string): void {
  for (const [index, { name, address, fingerprint }] of nodes.entries()) {
    if (nodes.findIndex((other) => other.name === name) < index) throw invalid(`${path}: there are two nodes of the name ${name}`);
    inFile(path, `node ${name}`, () => parseNodeAddress(address));
    if (fingerprint !== undefined) inFile(path, `node ${name}`, () => parseFingerprint(fingerprint));
  }
}

function inFile(path: string, where: string, parsing: () => unknown): void {
  try {
    parsing();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw invalid(`${path}: ${where}: ${thrown.message}`, thrown.hint);
  }
}

function expandHome(file: string, env: Env): string {
  if (!file.startsWith("~/") || !env.HOME || isAbsolute(file)) return file;
  return join(env.HOME, file.slice(2));
}

function invalid(message: string, hint?: string): AppError {
  return new AppError("invalid", "FLEET_CONFIG_INVALID", message, hint === undefined ? {} : { hint });
}
