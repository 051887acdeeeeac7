import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { oneLine } from "../../core/one-line.ts";
import { type AgentConfig, agentConfigSchema, configInvalid } from "./agent-config.ts";
import { environmentOverrides } from "./environment-overrides.ts";
import { variableOf, writtenSchema } from "./known-keys.ts";

const MAX_BYTES = 256 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The agent's configuration: the file, and what `MCP_AGENT_*` variables say in its place. Paths in it are relative to the
 * file. Throws `not_found`/`CONFIG_UNREADABLE` and `invalid`/`CONFIG_INVALID`, naming file, line, key or variable.
 */
export function readAgentConfig(path: string, env: Environment): AgentConfig {
  return parseAgentConfig(readText(path), path, env);
}

export function parseAgentConfig(text: string, path: string, env: Environment): AgentConfig {
  const overrides = environmentOverrides(env);
  const written = withOverrides(parseToml(text, path), overrides);
  const parsed = agentConfigSchema.safeParse(written);
  if (parsed.success) return withWholePaths(parsed.data, dirname(resolve(path)));
  // A key that was misspelt is mostly the one that is missing.
  const issue = parsed.error.issues.find(({ code }) => code === "unrecognized_keys") ?? parsed.error.issues[0];
  if (issue === undefined) throw configInvalid(`${path} is invalid`);
  const key = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") throw unknownKey(path, key, issue);
  if (overrides.has(key)) throw configInvalid(`${variableOf(key)}: ${issue.message}`);
  // A table that is missing is missed for what must be in it.
  const missing = issue.code === "invalid_type" && isAbsent(written, issue.path) ? firstRequired(issue.path) : undefined;
  if (missing === undefined) throw configInvalid(`${path}: ${oneLine(key)}: ${issue.message}`);
  throw configInvalid(`${path}: ${missing} is missing`, `write it into the file, or set ${variableOf(missing)}`);
}

function unknownKey(path: string, table: string, issue: Extract<z.core.$ZodIssue, { code: "unrecognized_keys" }>): AppError {
  const [key = ""] = issue.keys;
  const [meant] = nearest(key, Object.keys(shapeAt(issue.path)));
  return configInvalid(
    `${path}: there is no key '${oneLine(table === "" ? key : `${table}.${key}`)}'`,
    meant && `did you mean '${meant}'?`,
  );
}

/** The keys that a table of the file may have. */
function shapeAt(path: readonly PropertyKey[]): Readonly<Record<string, unknown>> {
  const table = path.reduce<unknown>(
    (outer, key) => (outer instanceof z.ZodObject ? writtenSchema(outer.shape[String(key)]) : undefined),
    agentConfigSchema,
  );
  return table instanceof z.ZodObject ? table.shape : {};
}

function isAbsent(written: unknown, path: readonly PropertyKey[]): boolean {
  return path.reduce<unknown>((outer, key) => (outer as Record<PropertyKey, unknown> | undefined)?.[key], written) === undefined;
}

function firstRequired(path: readonly PropertyKey[]): string | undefined {
  if (path.length > 1) return path.map(String).join(".");
  const required = Object.entries(shapeAt(path)).find(([, schema]) => schema instanceof z.ZodType && !schema.safeParse(undefined).success);
  return required === undefined ? undefined : `${String(path[0])}.${required[0]}`;
}

function withOverrides(file: Readonly<Record<string, unknown>>, overrides: ReadonlyMap<string, unknown>): unknown {
  const whole: Record<string, unknown> = { ...file };
  for (const [key, value] of overrides) {
    const [table = "", name = ""] = key.split(".");
    const written = whole[table];
    // What is no table stays, for the schema to say so.
    if (written !== undefined && (typeof written !== "object" || written === null)) continue;
    whole[table] = { ...written, [name]: value };
  }
  return whole;
}

type Parsed = z.output<typeof agentConfigSchema>;

function withWholePaths({ server, database, mcias, agent, proxy, ...rest }: Parsed, folder: string): AgentConfig {
  const whole = (path: string) => resolve(folder, path);
  const optional = <K extends string>(name: K, path: string | undefined) =>
    path === undefined ? {} : ({ [name]: whole(path) } as { [P in K]: string });
  const databasePath = whole(database.path);
  return {
    ...rest,
    server: {
      ...server,
      tls_cert: whole(server.tls_cert),
      tls_key: whole(server.tls_key),
      ...optional("tls_client_ca", server.tls_client_ca),
    },
    database: { path: databasePath },
    mcias: { ...mcias, ca_cert: mcias.ca_cert === "" ? "" : whole(mcias.ca_cert) },
    agent: {
      ...agent,
      data_dir: agent.data_dir === undefined ? dirname(databasePath) : whole(agent.data_dir),
      files_root: whole(agent.files_root),
      bind_roots: agent.bind_roots.map(whole),
      backups_dir: whole(agent.backups_dir),
      ...optional("runtime_socket", agent.runtime_socket),
    },
    proxy: { ...proxy, ...optional("token_file", proxy.token_file) },
  };
}

function parseToml(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw configInvalid(`${path}:${cause.line}:${cause.column}: ${oneLine(cause.message.split("\n")[0] ?? "")}`);
  }
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const why = (cause as { code?: string }).code ?? "unknown cause";
    throw new AppError("not_found", "CONFIG_UNREADABLE", `The configuration ${path} cannot be read: ${why}`, {
      cause,
      hint: "'mcp-agent server --config FILE' names another",
    });
  }
  if (bytes.byteLength > MAX_BYTES) throw configInvalid(`${path} is over ${MAX_BYTES / 1024} KiB`);
  return bytes.toString("utf8");
}
