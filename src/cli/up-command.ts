import type { Command } from "commander";
import { setExitCode } from "./exit-code.ts";
import type { CliDeps } from "./ports.ts";
import { parseUpFlags, type UpFlags } from "./up-flags.ts";

const AFTER_HELP = `
It runs in the foreground until Ctrl-C. The first start creates the administrator, the project 'demo', its two
servers and a token, and prints what a client needs.

Examples:
  mcpctl up
  mcpctl up --gateway-port 0 --data-dir ./data --ready-file ./ready.json

Exit codes:
  0  stopped as asked
  1  could not start, as when a port is taken or another instance holds the data folder
  2  wrong usage
`;

/** `up`: control plane and gateway in one process. */
export function addUpCommand(program: Command, deps: Pick<CliDeps, "up">): void {
  program
    .command("up")
    .description("run the control plane and the gateway in one process, on SQLite or a database server")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--api-port <port>", "port of the REST API; 0 is a free one", "3100")
    .option("--gateway-port <port>", "port of the gateway; 0 is a free one", "3200")
    .option(
      "--data-dir <folder>",
      "where everything is kept (default: .mcpctl in a checkout, else mcpctl in $XDG_DATA_HOME or ~/.local/share)",
    )
    .option("--database-url <url>", "sqlite:PATH, postgres://… or mysql://… (default: $MCPD_DATABASE_URL, else SQLite in the data folder)")
    .option("--config <file>", "configuration file, TOML; followed while it runs")
    .option("--metrics-address <host:port>", "serve Prometheus metrics there (default: $MCPLOCAL_METRICS_LISTEN, else nowhere)")
    .option("--ready-file <file>", "write addresses and token here, as JSON, once everything answers")
    .option("--no-agent", "run no agent for this machine, though podman is found (default: $MCPCTL_UP_AGENT, which may be off)")
    .option("--new-token", "replace the demo token and print the new one")
    .addHelpText("after", AFTER_HELP)
    .action(async (flags: UpFlags, command: Command) => setExitCode(command, await deps.up(parseUpFlags(flags))));
}
