import type { Command } from "commander";
import { AppError } from "../core/app-error.ts";
import { type ListenAddress, parseHost, parseListenAddress, parsePort } from "./address-flags.ts";
import { addBridgeCommand, type BridgeDeps } from "./bridge-command.ts";
import { setExitCode } from "./exit-code.ts";
import { addHealthCommand } from "./health-command.ts";
import { type MultiUserSettings, multiUserSettings } from "./multi-user-settings.ts";
import { newProgram } from "./new-program.ts";
import { parsePathFlag } from "./path-flag.ts";
import { addStdioCommand, type StdioDeps } from "./stdio-command.ts";

export interface GatewayServeOptions {
  readonly host: string;
  /** 0 is a free one. */
  readonly port: number;
  /** Base URL of mcpd, without a slash at the end; undefined: it has none, and multi-user mode with keys of its own. */
  readonly mcpdUrl: string | undefined;
  /** Undefined: multi-user mode is off. */
  readonly multiUser: MultiUserSettings | undefined;
  /** Path of the configuration file. */
  readonly config: string | undefined;
  /** File with the key of an enrolled gateway; undefined: it has no identity of its own. */
  readonly tokenFile: string | undefined;
  /** Folder of what may outlive the process; undefined: nothing does. */
  readonly cacheDir: string | undefined;
  /** Processes that share the port. */
  readonly workers: number;
  /** How long a good answer about a credential serves, in ms. */
  readonly positiveTtlMs: number;
  /** How long a bad one serves, in ms. */
  readonly negativeTtlMs: number;
  /** Where the metrics are served; undefined: as the environment says. */
  readonly metrics: ListenAddress | undefined;
}

/** What `mcplocal` needs. */
export interface GatewayProgramDeps extends StdioDeps, BridgeDeps {
  /** What `--workers auto` means here. */
  readonly cores: number;
  /** Runs until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  serve(options: GatewayServeOptions): Promise<number>;
}

interface ServeFlags {
  readonly host?: string;
  readonly port?: string;
  readonly mcpdUrl?: string;
  readonly workers?: string;
  readonly config?: string;
  readonly metricsAddress?: string;
}

const MAX_TTL_MS = 3_600_000;

const AFTER_HELP = `
Environment:
  MCPLOCAL_MCPD_URL               base URL of mcpd; required where --mcpd-url is not given
  MCPLOCAL_HTTP_HOST              address to listen on (default 127.0.0.1)
  MCPLOCAL_HTTP_PORT              port to listen on (default 3200; 0 is a free one)
  MCPLOCAL_GATEWAY_TOKEN_FILE     file with the key that 'mcpctl create gateway NAME' printed: the gateway is enrolled
  MCPLOCAL_CACHE_DIR              folder for what may outlive the process: the lists of servers (default: memory alone)
  MCPLOCAL_WORKERS                processes that share the port (default 1), or auto
  MCPLOCAL_LINK_URL               redis://HOST:PORT by which enrolled gateways reach each other
  MCPLOCAL_TOKEN_POSITIVE_TTL_MS  how long a good answer about a credential serves (default 30000)
  MCPLOCAL_TOKEN_NEGATIVE_TTL_MS  how long a bad one serves (default 5000)
  MCPLOCAL_METRICS_LISTEN         HOST:PORT at which Prometheus metrics are served (default: nowhere)
  OTEL_EXPORTER_OTLP_ENDPOINT     base URL of an OpenTelemetry collector for traces (default: nothing is traced)
  MCPLOCAL_DRAIN_MS               how long calls in flight may take when it is to stop (default 10000)
  MCP_MULTIUSER_MODE              true: every route but health takes a bearer, and no state is kept (also QUILT_MULTIUSER_MODE)
  MCP_JWT_SECRET                  then: the secret of JWTs by HS256, at least 32 bytes
  MCP_JWKS_URL                    or the public keys of JWTs
  MCP_JWT_ISSUER                  what their iss must be (default: anything)
  MCP_JWT_AUDIENCE                what their aud must hold (default: anything)
  MCP_JWKS_ALLOW_ADDRESSES        private ranges that MCP_JWKS_URL may lead to, as 10.0.0.0/8, with commas between them
  MCP_SESSION_SECRET              what replicas derive the keys of sessions from (default: MCP_JWT_SECRET)

Without a key the gateway is bare: it holds no secret, and does nothing that its caller could not do at mcpd.

Examples:
  MCPLOCAL_MCPD_URL=http://127.0.0.1:3100 mcplocal serve
  mcplocal serve --mcpd-url https://mcpd.example.org --port 8080
`;

/** The command line `mcplocal`. */
export function createGatewayProgram(deps: GatewayProgramDeps): Command {
  const program = newProgram("mcplocal", "The gateway: MCP over Streamable HTTP for the servers of mcpd.", deps);
  program
    .command("serve")
    .description("run a gateway apart from mcpd")
    .option("--host <address>", "address to listen on (default: $MCPLOCAL_HTTP_HOST, else 127.0.0.1)")
    .option("--port <port>", "port to listen on (default: $MCPLOCAL_HTTP_PORT, else 3200)")
    .option("--workers <n>", "processes that share the port, or 'auto': one for each core (default: $MCPLOCAL_WORKERS, else 1)")
    .option("--mcpd-url <url>", "base URL of mcpd (default: $MCPLOCAL_MCPD_URL)")
    .option("--config <file>", "configuration file, TOML; followed while it runs")
    .option("--metrics-address <host:port>", "serve Prometheus metrics there (default: $MCPLOCAL_METRICS_LISTEN, else nowhere)")
    .addHelpText("after", AFTER_HELP)
    .action(async (flags: ServeFlags, command: Command) =>
      setExitCode(command, await deps.serve(serveOptions(flags, deps.env, deps.cores))),
    );
  addStdioCommand(program, deps);
  addBridgeCommand(program, deps);
  addHealthCommand(program, deps);
  return program;
}

/** What flags and environment ask for. Throws `invalid`, naming the flag or the variable. */
export function serveOptions(flags: ServeFlags, env: GatewayProgramDeps["env"], cores = 1): GatewayServeOptions {
  const tokenFile = env.MCPLOCAL_GATEWAY_TOKEN_FILE;
  const multiUser = multiUserSettings(env);
  const mcpdUrl = flags.mcpdUrl ?? env.MCPLOCAL_MCPD_URL;
  return {
    host: parseHost(flags.host === undefined ? "MCPLOCAL_HTTP_HOST" : "--host", flags.host ?? env.MCPLOCAL_HTTP_HOST ?? "127.0.0.1"),
    port: parsePort(flags.port === undefined ? "MCPLOCAL_HTTP_PORT" : "--port", flags.port ?? env.MCPLOCAL_HTTP_PORT ?? "3200"),
    mcpdUrl: isAlone(multiUser, mcpdUrl) ? undefined : parseMcpdUrl(mcpdUrl),
    multiUser,
    config: parsePathFlag("--config", flags.config),
    tokenFile: tokenFile === undefined || tokenFile === "" ? undefined : tokenFile,
    cacheDir: env.MCPLOCAL_CACHE_DIR === undefined || env.MCPLOCAL_CACHE_DIR === "" ? undefined : env.MCPLOCAL_CACHE_DIR,
    workers: parseWorkers(flags.workers === undefined ? "MCPLOCAL_WORKERS" : "--workers", flags.workers ?? env.MCPLOCAL_WORKERS, cores),
    positiveTtlMs: parseTtlMs("MCPLOCAL_TOKEN_POSITIVE_TTL_MS", env.MCPLOCAL_TOKEN_POSITIVE_TTL_MS, 30_000),
    negativeTtlMs: parseTtlMs("MCPLOCAL_TOKEN_NEGATIVE_TTL_MS", env.MCPLOCAL_TOKEN_NEGATIVE_TTL_MS, 5000),
    metrics: flags.metricsAddress === undefined ? undefined : parseListenAddress("--metrics-address", flags.metricsAddress),
  };
}

const MAX_WORKERS = 64;

function parseWorkers(name: string, text: string | undefined, cores: number): number {
  if (text === undefined || text === "") return 1;
  const count = text === "auto" ? Math.min(cores, MAX_WORKERS) : /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_WORKERS) return count;
  throw new AppError("invalid", "WORKERS_INVALID", `${name} '${text}' is no number of workers`, {
    hint: `write a number from 1 to ${MAX_WORKERS}, or auto`,
  });
}

/** Whether it can do without mcpd. Throws `invalid`/`JWT_KEYS_MISSING` where nobody at all could say who calls. */
function isAlone(multiUser: MultiUserSettings | undefined, mcpdUrl: string | undefined): boolean {
  if (multiUser === undefined || (mcpdUrl !== undefined && mcpdUrl !== "")) return false;
  if (multiUser.key !== undefined) return true;
  throw new AppError("invalid", "JWT_KEYS_MISSING", "Multi-user mode has nothing to prove JWTs with", {
    hint: "set MCP_JWT_SECRET or MCP_JWKS_URL; or MCPLOCAL_MCPD_URL, so that mcpd says who calls",
  });
}

function parseMcpdUrl(text: string | undefined): string {
  if (text === undefined || text === "") {
    throw new AppError("invalid", "MCPD_URL_MISSING", "MCPLOCAL_MCPD_URL is not set", {
      hint: "name mcpd: MCPLOCAL_MCPD_URL=http://127.0.0.1:3100, or --mcpd-url; 'mcpctl up' runs both in one process",
    });
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
  if (!usable) {
    // What holds an @ may hold a password.
    const shown = text.includes("@") ? "MCPLOCAL_MCPD_URL" : `'${text}'`;
    throw new AppError("invalid", "MCPD_URL_INVALID", `${shown} is no base URL of mcpd`, {
      hint: "write http://HOST:PORT or https://HOST",
    });
  }
  return url.href.replace(/\/+$/, "");
}

function parseTtlMs(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === "") return fallback;
  const ms = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (ms <= MAX_TTL_MS) return ms;
  throw new AppError("invalid", "TTL_INVALID", `${name} '${text}' is not a time`, { hint: `write milliseconds, at most ${MAX_TTL_MS}` });
}
