import { type ClientConfig, types } from "pg";
import { AppError } from "../../core/app-error.ts";
import { type ConnectProblem, databaseUnreachable } from "../database-unreachable.ts";
import type { ServerUrl } from "../database-url.ts";
import { tlsOptions } from "../tls-options.ts";

const BIGINT = 20;
const NUMERIC = 1700;

/** How every connection of ours is made. Counts, sums and bigints come as numbers: none of ours leaves the exact range. */
export function connectionConfig(url: ServerUrl): ClientConfig {
  return {
    host: url.host,
    port: url.port,
    user: url.user,
    password: url.password,
    database: url.database,
    ssl: tlsOf(url),
    connectionTimeoutMillis: url.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: "mcpctl",
    types: { getTypeParser: (type, format) => (type === BIGINT || type === NUMERIC ? Number : types.getTypeParser(type, format)) },
  };
}

/** What the driver or the server gave as a reason for refusing a connection, in words that can be acted on. */
export function connectError(url: ServerUrl, cause: unknown): AppError {
  return cause instanceof AppError ? cause : databaseUnreachable(url, problemOf(cause), cause);
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
function problemOf(cause: unknown): ConnectProblem {
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === "28P01" || code === "28000" || code === "42501") return "refused-login";
  if (code === "3D000") return "missing";
  return code === "53300" ? "full" : "unreachable";
}

function tlsOf(url: ServerUrl): ClientConfig["ssl"] {
  const options = tlsOptions(url.tls);
  if (options === undefined) return false;
  return url.tls.mode === "verify-ca" ? { ...options, checkServerIdentity: () => undefined } : options;
}
