import type { Command } from "commander";
import { parseListenAddress } from "./address-flags.ts";
import { setExitCode } from "./exit-code.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { McpdDeps } from "./ports.ts";

interface Flags {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly metricsAddress?: string;
}

const AFTER_HELP = `
'mcpd serve' and 'mcpctl up' carry dispatched calls out themselves, unless their configuration says queue.worker = false.
Workers beside them share their Postgres or MySQL and their master key, each with a data folder of its own. SQLite's file is
held by one process: there, the instance that runs is the worker.

Example:
  MCPD_DATABASE_URL=postgres://mcpctl:…@db.example/mcpctl MCPD_MASTER_KEY_FILE=master.key mcpd worker --data-dir worker-1
`;

/** `worker`: what carries dispatched calls out, alone. */
export function addWorkerCommand(program: Command, deps: McpdDeps): void {
  program
    .command("worker")
    .description("carry dispatched calls out, beside an mcpd that takes them")
    .option("--data-dir <folder>", "where its own keys and signed places of the audit log are kept (default: your data folder)")
    .option("--database-url <url>", "sqlite:PATH, postgres://… or mysql://… (default: $MCPD_DATABASE_URL, else SQLite in the data folder)")
    .option("--config <file>", "configuration file, TOML")
    .option("--metrics-address <host:port>", "serve Prometheus metrics there (default: $MCPLOCAL_METRICS_LISTEN, else nowhere)")
    .addHelpText("after", AFTER_HELP)
    .action(async (flags: Flags, command: Command) =>
      setExitCode(
        command,
        await deps.worker({
          dataDir: parsePathFlag("--data-dir", flags.dataDir),
          databaseUrl: parsePathFlag("--database-url", flags.databaseUrl),
          config: parsePathFlag("--config", flags.config),
          metrics: flags.metricsAddress === undefined ? undefined : parseListenAddress("--metrics-address", flags.metricsAddress),
        }),
      ),
    );
}
