import type { Command } from "commander";
import { ApiClient } from "../../api/api-client.ts";
import { AppError } from "../../core/app-error.ts";
import type { CliDeps } from "../ports.ts";
import { isUnsafe } from "./api-url.ts";
import { configPath, isOpenToOthers, readConfig } from "./cli-config.ts";
import { resolveTarget, type Target } from "./resolve-target.ts";

export interface Connection extends Target {
  readonly api: ApiClient;
}

/** The flag `--context`, wherever it stands. */
export function contextFlag(command: Command): string | undefined {
  return command.optsWithGlobals<{ context?: string }>().context;
}

/**
 * Runs `work` with the API of the installation that the command is about. A refusal of the credential says how to
 * get another.
 */
export async function withApi<T>(deps: CliDeps, command: Command, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = connect(deps, contextFlag(command));
  try {
    return await work(connection);
  } catch (thrown) {
    throw withLoginHint(thrown, connection);
  }
}

/** Warns of what is not safe. Throws as `resolveTarget`. */
export function connect(deps: CliDeps, context: string | undefined, timeoutMs?: number): Connection {
  const target = resolveTarget(storedConfig(deps), deps.env, context, deps.localInstance);
  warnOfPlainHttp(deps, target.url);
  return { ...target, api: clientFor(deps, target.url, target.bearer, timeoutMs) };
}

export function clientFor(deps: CliDeps, url: string, bearer: string | undefined, timeoutMs?: number): ApiClient {
  return new ApiClient({ baseUrl: url, bearer, fetch: deps.fetch, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

export function warnOfPlainHttp(deps: CliDeps, url: string): void {
  if (isUnsafe(url)) deps.stderr(`warning: ${url} has no TLS: passwords and tokens can be read on their way\n`);
}

/** The environment can replace a configuration, so there need not be a place for one. */
function storedConfig({ env, stderr }: CliDeps) {
  if (env.MCPCTL_URL && !env.MCPCTL_CONFIG && !env.XDG_CONFIG_HOME && !env.HOME) return { current: null, contexts: {} };
  const path = configPath(env);
  if (isOpenToOthers(path)) stderr(`warning: others on this machine can read ${path}; 'chmod 600' it\n`);
  return readConfig(path);
}

function withLoginHint(thrown: unknown, { url, context, bearer }: Target): unknown {
  if (!(thrown instanceof AppError) || thrown.code !== "unauthenticated") return thrown;
  const again = `mcpctl login --url ${url}${context === undefined ? "" : ` --context ${context}`}`;
  const hint = bearer === undefined ? `log in: ${again}` : `log in again: ${again}`;
  return new AppError("unauthenticated", "NOT_LOGGED_IN", bearer === undefined ? `Not logged in to ${url}` : thrown.message, {
    cause: thrown,
    hint,
  });
}
