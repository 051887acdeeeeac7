import type { Command } from "commander";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { refusePasswordFlag } from "../absent-flags.ts";
import { addApiCommand } from "../api-command.ts";
import { parseApiUrl } from "../config/api-url.ts";
import { type CliConfig, type Context, configPath, isOpenToOthers, readConfig, withContext, writeConfig } from "../config/cli-config.ts";
import { clientFor, contextFlag, warnOfPlainHttp } from "../config/connect.ts";
import { parseContextName } from "../config/context-name.ts";
import { type FleetConfig, fleetConfigPath, readFleetConfig } from "../config/fleet-config.ts";
import { errorLines } from "../error-lines.ts";
import type { CliDeps } from "../ports.ts";
import { readFile, readPasswordFile, readSecretLine } from "../read-text.ts";
import { configFlag, withConfigOption } from "../with-config-option.ts";

const MAX_CA_BYTES = 1024 * 1024;

interface Flags {
  readonly url?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly passwordFile?: string;
}

const EXAMPLES = [
  "mcpctl login --url http://127.0.0.1:3100 --username admin",
  "pass show mcpctl/ci | mcpctl login --url https://mcp.example.org --username ci --password-stdin --context work",
  "MCPCTL_USERNAME=ci MCPCTL_PASSWORD_FILE=/run/secrets/ci mcpctl login --url https://mcp.example.org",
];

const NOTE = `It keeps a session in the configuration, which only you can read ($MCPCTL_CONFIG, else mcpctl/config.json in
$XDG_CONFIG_HOME or ~/.config), and makes its context the current one. Without a person, user name and password come from
MCPCTL_USERNAME and MCPCTL_PASSWORD_FILE, from the context's username and passwordFile, or from auth of the fleet's configuration.
It also keeps the token that the agents on nodes want, in the file that auth.token_path of that configuration names.`;

/** `login`: a session for this person at one installation. */
export function addLoginCommand(program: Command, deps: CliDeps): void {
  const command = withConfigOption(
    addApiCommand(program, "login", "log in to an installation, and to its agents, with a password", EXAMPLES, NOTE),
  )
    .option("--url <url>", "base URL of mcpd (default: $MCPCTL_URL, else that of the context, else the instance on this machine)")
    .option("--username <user>", "user name or email (default: $MCPCTL_USERNAME, else that of the context, else it is asked for)")
    .option("--password-stdin", "read the password from standard input; without it, it is asked for and does not show")
    .option("--password-file <file>", "read the password from this file, now and whenever the context logs in again")
    .action(async (flags: Flags, self: Command) => logIn(deps, flags, contextFlag(self), fleetSettings(deps, configFlag(self))));
  refusePasswordFlag(command);
}

async function logIn(deps: CliDeps, flags: Flags, contextName: string | undefined, fleet: FleetConfig | undefined): Promise<void> {
  const path = configPath(deps.env);
  const config = readConfig(path);
  const { name, known, url } = chooseContext(deps, config, flags, contextName, fleet?.identity.serverUrl);
  warnOfPlainHttp(deps, url);
  // A password of the fleet's configuration is for its identity provider and for nobody else.
  const unattended = fleet?.identity.serverUrl === url ? fleet.auth : undefined;
  const username = await chooseUsername(deps, flags, known?.username ?? unattended?.username);
  const passwordFile = flags.passwordFile ?? known?.passwordFile;
  const password = await choosePassword(deps, flags, passwordFile ?? unattended?.passwordFile);
  const reach = fleet === undefined ? deps : trusting(deps, fleet, url);
  const session = { path, config, name, url, username, password, passwordFile };
  if (fleet === undefined || (fleet.identity.serverUrl ?? url) !== url) return logInToMcpd(reach, session);
  const loggedIn = await tryMcpd(reach, session);
  return loggedIn ? tryAgents(reach, fleet, session) : logInForAgents(reach, fleet, session);
}

interface SessionRequest {
  readonly path: string;
  readonly config: CliConfig;
  readonly name: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly passwordFile: string | undefined;
}

async function logInToMcpd(deps: CliDeps, { path, config, name, url, username, password, passwordFile }: SessionRequest): Promise<void> {
  const reply = await clientFor(deps, url, undefined).call(ENDPOINTS.auth.login, { body: { username, password, client: "cli" } });
  if (reply.token === null) throw new AppError("internal", "LOGIN_WITHOUT_SESSION", "mcpd accepted the password and gave no session");
  const context: Context = { url, username: reply.username, token: reply.token, expiresAt: reply.expiresAt };
  const kept = passwordFile === undefined ? context : { ...context, passwordFile };
  writeConfig(path, { ...withContext(config, name, kept), current: name });
  deps.stdout(`Logged in to ${url} as ${reply.username}, until ${reply.expiresAt} (context ${name})\n`);
}

/** Whether mcpd is there at all: another identity provider has no sessions, and a token for agents all the same. */
async function tryMcpd(deps: CliDeps, request: SessionRequest): Promise<boolean> {
  try {
    await logInToMcpd(deps, request);
    return true;
  } catch (thrown) {
    if (toAppError(thrown).code === "not_found") return false;
    throw thrown;
  }
}

interface AgentLogin {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

async function logInForAgents(deps: CliDeps, fleet: FleetConfig, { url, username, password }: AgentLogin): Promise<void> {
  const { tokenPath } = fleet.auth;
  await deps.agentTokens.save(tokenPath, await deps.agentTokens.logIn(url, username, password, deps.fetch));
  deps.stdout(`The token for agents is in ${tokenPath}\n`);
}

/** Who has no nodes can do without it. */
async function tryAgents(deps: CliDeps, fleet: FleetConfig, request: AgentLogin): Promise<void> {
  try {
    await logInForAgents(deps, fleet, request);
  } catch (thrown) {
    const { message, hint } = toAppError(thrown);
    deps.stderr(errorLines(`There is no token for agents: ${message}`, hint).replace(/^error/, "warning"));
  }
}

/** The same, to whom the authority of the fleet's identity provider is known. */
function trusting(deps: CliDeps, { identity }: FleetConfig, url: string): CliDeps {
  if (identity.caCert === undefined || identity.serverUrl !== url) return deps;
  const ca = readFile(identity.caCert, MAX_CA_BYTES);
  const send = deps.fetch ?? fetch;
  return { ...deps, fetch: (to, init) => send(to, { ...init, tls: { ca } } as RequestInit) };
}

/** Undefined where nobody has a home, and so no configuration. */
function fleetSettings(deps: CliDeps, flag: string | undefined): FleetConfig | undefined {
  return fleetConfigPath(deps.env, flag) === undefined ? undefined : readFleetConfig(deps.env, flag);
}

interface Chosen {
  readonly name: string;
  readonly known: Context | undefined;
  readonly url: string;
}

/** Which installation, and under which name it is kept: the one that has its URL already, else one made of its host. */
function chooseContext(
  { env, localInstance }: CliDeps,
  config: CliConfig,
  flags: Flags,
  wanted: string | undefined,
  identityUrl: string | undefined,
): Chosen {
  const named = wanted === undefined ? undefined : parseContextName(wanted);
  const url = givenUrl(env, flags);
  if (named !== undefined) {
    const known = config.contexts[named];
    return { name: named, known: known?.url === url || url === undefined ? known : undefined, url: url ?? known?.url ?? noUrl() };
  }
  const current = config.current === null ? undefined : config.contexts[config.current];
  if (url === undefined && current !== undefined && config.current !== null)
    return { name: config.current, known: current, url: current.url };
  const where = url ?? identityUrl ?? localInstance()?.api ?? noUrl();
  const [name, known] = Object.entries(config.contexts).find(([, each]) => each.url === where) ?? [undefined, undefined];
  return { name: name ?? nameOfHost(where), known, url: where };
}

function givenUrl(env: CliDeps["env"], { url }: Flags): string | undefined {
  if (url !== undefined) return parseApiUrl("--url", url);
  return env.MCPCTL_URL ? parseApiUrl("MCPCTL_URL", env.MCPCTL_URL) : undefined;
}

function noUrl(): never {
  throw new AppError("invalid", "LOGIN_URL_MISSING", "It is not known where to log in", {
    hint: "add --url http://HOST:PORT or https://HOST",
  });
}

function nameOfHost(url: string): string {
  return new URL(url).host.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replace(/^[-.]+/, "");
}

async function chooseUsername(deps: CliDeps, flags: Flags, offered: string | undefined): Promise<string> {
  const given = flags.username ?? (deps.env.MCPCTL_USERNAME || undefined) ?? (deps.isTerminal ? undefined : offered);
  if (given !== undefined) return given;
  if (!deps.isTerminal) throw new AppError("invalid", "USERNAME_MISSING", "It is not known who logs in", { hint: "add --username USER" });
  const typed = (await deps.readLine(offered === undefined ? "User name: " : `User name (${offered}): `)).trim();
  return typed === "" && offered !== undefined ? offered : typed;
}

async function choosePassword(deps: CliDeps, flags: Flags, file: string | undefined): Promise<string> {
  if (flags.passwordStdin === true) return readSecretLine(deps, "--password-stdin");
  const path = flags.passwordFile ?? (deps.env.MCPCTL_PASSWORD_FILE || undefined) ?? file;
  if (path !== undefined) {
    if (isOpenToOthers(path)) deps.stderr(`warning: others on this machine can read ${path}; 'chmod 600' it\n`);
    return readPasswordFile(path);
  }
  if (deps.isTerminal) return deps.readPassword("Password: ");
  throw new AppError("invalid", "PASSWORD_MISSING", "There is no password, and nobody to ask for it", {
    hint: "pipe it in and add --password-stdin, or name a file with --password-file",
  });
}
