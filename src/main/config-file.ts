import { readFileSync, statSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { oidcIssuersSchema } from "../control/identity/oidc/oidc-issuer.ts";
import { AppError } from "../core/app-error.ts";
import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { MAX_DRAIN_MS } from "./drain-limit.ts";
import { gatewayTables, scopeMapTable } from "./gateway-config.ts";
import { LOG_LEVELS } from "./log.ts";
import { resilienceTables } from "./resilience-config.ts";

/** Every table and key of the file. */
export const configSchema = z.strictObject({
  stdio: z
    .strictObject({
      /** Whether servers over stdio may be registered and run; default: bound to loopback. */
      enabled: z.boolean().optional(),
      /** Programs that they may name. */
      commands: z.array(z.string().min(1)).max(200).optional(),
    })
    .default({}),
  audit: z
    .strictObject({
      /** Days that events are kept; 0 keeps them for ever. */
      retention_days: z.int().min(0).max(36_500).default(90),
    })
    .default({ retention_days: 90 }),
  ...gatewayTables,
  auth: z
    .strictObject({
      /** Whether a JWT of a trusted issuer that maps to no user or group opens what its scopes and servers say. */
      jwt_mode: z.boolean().default(false),
      /** Origins of pages that may use the session cookie, besides the one that a request was sent to: `https://host` behind a proxy. */
      own_origins: z
        .array(z.string().regex(/^https?:\/\/[^/?#@\s]+$/, "must be an origin such as https://mcpd.example.org"))
        .max(20)
        .default([]),
      /** Trusted issuers of JWTs. */
      oidc: oidcIssuersSchema.default([]),
      /** Methods by the scope that each takes. */
      scope_map: scopeMapTable,
    })
    .prefault({}),
  log: z
    .strictObject({
      /** From `info` on each request is a line. */
      level: z.enum(LOG_LEVELS).default("warn"),
    })
    .default({ level: "warn" }),
  metrics: z
    .strictObject({
      /** HOST:PORT at which they are served; nowhere by default. */
      listen: z.string().min(1).optional(),
    })
    .default({}),
  tracing: z
    .strictObject({
      /** Base URL of a collector that takes OTLP over HTTP; nothing is traced without one. */
      endpoint: z.string().min(1).optional(),
      service_name: z.string().min(1).max(100).optional(),
      /** How many of the traces that begin here are recorded. */
      sample_ratio: z.number().min(0).max(1).optional(),
    })
    .default({}),
  drain: z
    .strictObject({
      /** How long calls in flight may take when the process is to stop. */
      limit_ms: z.int().min(0).max(MAX_DRAIN_MS).default(10_000),
    })
    .default({ limit_ms: 10_000 }),
  ...resilienceTables,
});

export type Config = z.infer<typeof configSchema>;

export const DEFAULT_CONFIG: Config = configSchema.parse({});

const MAX_BYTES = 256 * 1024;

/** The configuration file, or the defaults where none is named. Throws `invalid`/`CONFIG_INVALID`, naming file, line or key. */
export function readConfig(path: string | undefined): Config {
  return path === undefined ? DEFAULT_CONFIG : parseConfig(readText(path), path);
}

/**
 * The same of a process that runs. Throws too where nothing is in the file: whoever writes it has only begun, and no limit
 * is to fall meanwhile.
 */
export function rereadConfig(path: string): Config {
  if (isOtherThanFile(path)) throw invalid(`${path} is no file`);
  const text = readText(path);
  if (text.trim() === "") throw invalid(`${path} is empty`);
  return parseConfig(text, path);
}

/** A pipe, or a folder: what is read of it once is not there a second time, or may never end. */
export function isOtherThanFile(path: string): boolean {
  try {
    return !statSync(path).isFile();
  } catch {
    return false;
  }
}

export function parseConfig(text: string, path: string): Config {
  const parsed = configSchema.safeParse(parseToml(text, path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.map(String).join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const full = place === "" ? key : `${place}.${key}`;
    const [meant] = nearest(key, knownKeys(issue.path));
    const hint = Object.hasOwn(MOVED, full) ? MOVED[full] : meant && `did you mean '${meant}'?`;
    throw invalid(`${path}: there is no key '${oneLine(full)}'`, hint);
  }
  throw invalid(`${path}: ${oneLine(place)}: ${issue?.message ?? "is invalid"}`);
}

/** Keys of earlier versions. */
const MOVED: Readonly<Record<string, string>> = {
  policy: "policy.enable_write_tools is security.enable_write_tools now",
};

/** The keys that a table of the file may have. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const table = path.reduce<unknown>((outer, key) => {
    if (outer instanceof z.ZodObject) return written(outer.shape[String(key)]);
    return outer instanceof z.ZodArray ? written(outer.element) : undefined;
  }, configSchema);
  return table instanceof z.ZodObject ? Object.keys(table.shape) : [];
}

/** The schema of what stands in the file, without defaults and what is made of it. */
function written(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return written(schema.unwrap());
  return schema instanceof z.ZodPipe ? written(schema.in) : schema;
}

function parseToml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw invalid(`${path}:${cause.line}:${cause.column}: ${oneLine(cause.message.split("\n")[0] ?? "")}`);
  }
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new AppError(
      "not_found",
      "CONFIG_UNREADABLE",
      `The configuration ${path} cannot be read: ${(cause as { code?: string }).code ?? "unknown cause"}`,
      {
        cause,
      },
    );
  }
  if (bytes.byteLength > MAX_BYTES) throw invalid(`${path} is over ${MAX_BYTES / 1024} KiB`);
  return bytes.toString("utf8");
}

function invalid(message: string, hint?: string): AppError {
  return new AppError("invalid", "CONFIG_INVALID", message, hint === undefined ? {} : { hint });
}
