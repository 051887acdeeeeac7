import type { Command } from "commander";
import { AppError } from "../core/app-error.ts";
import { isUnsafe } from "./config/api-url.ts";
import type { CliOutput, LocalInstance } from "./ports.ts";
import { parseStdioFlags, type StdioFlags, type StdioOptions, tokenHint } from "./stdio-flags.ts";

/** What `mcplocal stdio` needs. */
export interface StdioDeps extends CliOutput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined where none runs. */
  localInstance(): LocalInstance | undefined;
  /**
   * Carries the client on this process's standard streams to the endpoint. Resolves when the client is done. Throws AppError
   * where the endpoint cannot be reached or refuses the token.
   */
  bridge(options: StdioOptions): Promise<void>;
}

const AFTER_HELP = `
A client that starts a process gets a project of the gateway, or one server of it, on standard input and output. Both eras
of MCP are carried. Nothing but MCP is written to standard output; all else goes to standard error.

Environment:
  MCPCTL_TOKEN  the token; it is no flag, since others can read the arguments of a process
  MCPLOCAL_URL  base URL of the gateway, where --url is not given

Exit code: 0 the client has closed standard input, 1 the gateway cannot be reached or refuses the token, 2 wrong usage.

Examples:
  MCPCTL_TOKEN=mcpctl_pat_… mcplocal stdio --project demo
  mcplocal stdio --server files --url https://mcp.example.org --token-file ~/.config/mcpctl/demo.token

In the configuration of a client:
  {"mcpServers": {"demo": {"command": "mcplocal", "args": ["stdio", "--project", "demo"], "env": {"MCPCTL_TOKEN": "…"}}}}
`;

/** `stdio`: the gateway for clients that start a process. */
export function addStdioCommand(program: Command, deps: StdioDeps): void {
  program
    .command("stdio")
    .description("carry a client on standard input and output to the gateway")
    .option("--project <project>", "all servers of this project")
    .option("--server <handle>", "one server, under its own names")
    .option("--url <base>", "base URL of the gateway (default: $MCPLOCAL_URL, else the one that runs on this machine)")
    .option("--token-file <file>", "file that holds the token (default: the token in $MCPCTL_TOKEN)")
    .addHelpText("after", AFTER_HELP)
    .action((flags: StdioFlags) => runStdio(flags, deps));
}

async function runStdio(flags: StdioFlags, deps: StdioDeps): Promise<void> {
  const options = parseStdioFlags(flags, deps);
  for (const warning of options.warnings) deps.stderr(`warning: ${warning}\n`);
  if (isUnsafe(options.url)) deps.stderr(`warning: ${options.url} has no TLS: the token can be read on its way\n`);
  try {
    await deps.bridge(options);
  } catch (thrown) {
    throw withHint(thrown, flags);
  }
}

function withHint(thrown: unknown, flags: StdioFlags): unknown {
  if (!(thrown instanceof AppError) || thrown.hint !== undefined) return thrown;
  const hint = hintFor(thrown, flags);
  return hint === undefined ? thrown : new AppError(thrown.code, thrown.reason, thrown.message, { cause: thrown, hint });
}

function hintFor({ code, reason }: AppError, flags: StdioFlags): string | undefined {
  if (code === "unauthenticated") return tokenHint(flags);
  if (code === "denied") return `the token must open ${flags.project === undefined ? "this server" : "this project"}: ${tokenHint(flags)}`;
  return reason === "MCP_NETWORK" ? "start a gateway with 'mcpctl up', or say with --url or MCPLOCAL_URL where it is" : undefined;
}
