import type { Command } from "commander";
import { parseHost, parseListenAddress, parsePort } from "./address-flags.ts";
import { setExitCode } from "./exit-code.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { McpdDeps, ServeOptions } from "./ports.ts";

interface Flags {
  readonly host: string;
  readonly apiPort: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly metricsAddress?: string;
}

const AFTER_HELP = `
It runs in the foreground until Ctrl-C. Gateways are programs of their own: 'mcplocal serve'. Several mcpds may share one
Postgres or MySQL, each with a data folder of its own and all with the same master key (MCPD_MASTER_KEY_FILE).

Environment:
  MCPD_DATABASE_URL     the database where --database-url is not given; it does not show in the list of processes
  MCPD_MASTER_KEY_FILE  the installation's key (default: master.key in the data folder, made at the first start)

Examples:
  mcpd serve
  MCPD_DATABASE_URL=postgres://mcpctl:…@db.example/mcpctl mcpd serve --data-dir /var/lib/mcpd
`;

/** `serve`: the control plane alone. */
export function addServeCommand(program: Command, deps: McpdDeps): void {
  program
    .command("serve")
    .description("run the control plane alone")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--api-port <port>", "port of the REST API; 0 is a free one", "3100")
    .option("--data-dir <folder>", "where keys and signed places of the audit log are kept, and SQLite (default: your data folder)")
    .option("--database-url <url>", "sqlite:PATH, postgres://… or mysql://… (default: $MCPD_DATABASE_URL, else SQLite in the data folder)")
    .option("--config <file>", "configuration file, TOML; followed while it runs")
    .option("--metrics-address <host:port>", "serve Prometheus metrics there (default: $MCPLOCAL_METRICS_LISTEN, else nowhere)")
    .addHelpText("after", AFTER_HELP)
    .action(async (flags: Flags, command: Command) => setExitCode(command, await deps.serve(parseFlags(flags))));
}

function parseFlags(flags: Flags): ServeOptions {
  return {
    host: parseHost("--host", flags.host),
    apiPort: parsePort("--api-port", flags.apiPort),
    dataDir: parsePathFlag("--data-dir", flags.dataDir),
    databaseUrl: parsePathFlag("--database-url", flags.databaseUrl),
    config: parsePathFlag("--config", flags.config),
    metrics: flags.metricsAddress === undefined ? undefined : parseListenAddress("--metrics-address", flags.metricsAddress),
  };
}
