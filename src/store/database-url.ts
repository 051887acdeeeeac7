import { AppError } from "../core/app-error.ts";

/** Where the rows are. */
export type DatabaseUrl = SqliteFile | ServerUrl;

export interface SqliteFile {
  readonly engine: "sqlite";
  readonly file: string;
}

/** A database on a server, as its URL says. */
export interface ServerUrl {
  readonly engine: "postgres" | "mysql";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: Tls;
  /** Connections that this process opens at most. */
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
}

export const TLS_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

/** libpq's words, for both servers: `require` encrypts, `verify-ca` checks the chain too, `verify-full` also the host's name. */
export interface Tls {
  readonly mode: (typeof TLS_MODES)[number];
  /** PEM file of the authority to trust instead of the system's. */
  readonly caFile: string | undefined;
}

const SERVERS: Readonly<Record<string, Pick<ServerUrl, "engine" | "port">>> = {
  postgres: { engine: "postgres", port: 5432 },
  postgresql: { engine: "postgres", port: 5432 },
  mysql: { engine: "mysql", port: 3306 },
  mariadb: { engine: "mysql", port: 3306 },
};

const PARAMETERS: ReadonlySet<string> = new Set(["sslmode", "sslrootcert", "pool_size", "connect_timeout"]);
const DEFAULT_POOL_SIZE = 10;
const DEFAULT_CONNECT_TIMEOUT_S = 10;

/**
 * Reads `sqlite:PATH` or a path, `postgres://` (`postgresql://`) and `mysql://` (`mariadb://`).
 *
 * A server's URL names user, host and database; its parameters are `sslmode` (disable where there is none),
 * `sslrootcert`, `pool_size` and `connect_timeout` in seconds. Throws `invalid`/`DATABASE_URL_INVALID`, whose
 * message repeats nothing that may hold a password.
 */
export function parseDatabaseUrl(raw: string): DatabaseUrl {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(raw)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === "sqlite") return sqliteFile(raw);
  const server = Object.hasOwn(SERVERS, scheme) ? SERVERS[scheme] : undefined;
  if (server === undefined) throw invalid("it begins with none of sqlite:, postgres://, mysql:// and is no path");
  return serverUrl(raw, server);
}

/** `Postgres database "mcpctl" on db.example:5432`: what may be shown of a URL. */
export function describeServer(url: ServerUrl): string {
  return `${url.engine === "postgres" ? "Postgres" : "MySQL"} database "${url.database}" on ${url.host}:${url.port}`;
}

function sqliteFile(raw: string): SqliteFile {
  const file = raw.replace(/^sqlite:(?:\/\/(?=\/))?/i, "");
  if (file === "" || file.includes("\0")) throw invalid("it names no file");
  return { engine: "sqlite", file };
}

function serverUrl(raw: string, server: Pick<ServerUrl, "engine" | "port">): ServerUrl {
  const url = URL.parse(raw);
  if (url === null || url.hash !== "") throw invalid("it is no URL; characters like / : @ # in a password are written as %2F %3A %40 %23");
  if (url.pathname.includes("/", 1)) throw invalid("its path is more than the name of a database");
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.has(name)) throw invalid(`it has a parameter that is none of ${[...PARAMETERS].join(", ")}`);
  }
  return {
    engine: server.engine,
    host: required("host", decoded(url.hostname).replace(/^\[(.*)\]$/, "$1")),
    port: url.port === "" ? server.port : Number(url.port),
    user: required("user", decoded(url.username)),
    password: url.password === "" ? undefined : decoded(url.password),
    database: required("database", decoded(url.pathname.slice(1))),
    tls: tlsOf(url.searchParams),
    poolSize: wholeNumber(url.searchParams, "pool_size", DEFAULT_POOL_SIZE),
    connectTimeoutMs: wholeNumber(url.searchParams, "connect_timeout", DEFAULT_CONNECT_TIMEOUT_S) * 1000,
  };
}

function tlsOf(parameters: URLSearchParams): Tls {
  const mode = TLS_MODES.find((known) => known === (parameters.get("sslmode") ?? "disable"));
  if (mode === undefined) throw invalid(`its sslmode is none of ${TLS_MODES.join(", ")}`);
  return { mode, caFile: parameters.get("sslrootcert") ?? undefined };
}

function wholeNumber(parameters: URLSearchParams, name: string, fallback: number): number {
  const text = parameters.get(name);
  if (text === null) return fallback;
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw invalid(`its ${name} is no whole number from 1 to 9999`);
  return Number(text);
}

function required(what: string, value: string): string {
  if (value === "") throw invalid(`it names no ${what}`);
  return value;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("it has a % that begins no %XX");
  }
}

function invalid(problem: string): AppError {
  return new AppError("invalid", "DATABASE_URL_INVALID", `The database URL cannot be used: ${problem}`, {
    hint: "write sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or mysql://USER:PASSWORD@HOST:PORT/DATABASE",
  });
}
