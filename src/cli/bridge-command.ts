import { type Command, Option } from "commander";
import { AppError } from "../core/app-error.ts";
import { parseHost, parsePort } from "./address-flags.ts";
import { setExitCode } from "./exit-code.ts";

export interface BridgeOptions {
  readonly host: string;
  /** 0 is a free one. */
  readonly port: number;
  /** Where MCP is answered, `/mcp`. */
  readonly path: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly sharing: "shared" | "per_session";
}

export interface BridgeDeps {
  /** Runs until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  serveBridge(options: BridgeOptions): Promise<number>;
}

interface Flags {
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly sharing: BridgeOptions["sharing"];
}

const AFTER_HELP = `
Who reaches its port may call: it asks for no credential, and keeps nothing. In a container an agent's proxy stands before it.

Examples:
  mcplocal bridge -- npx -y @modelcontextprotocol/server-filesystem /srv/files
  mcplocal bridge --host 0.0.0.0 --port 8080 --sharing per_session -- /app/server --stdio
`;

export function addBridgeCommand(program: Command, deps: BridgeDeps): void {
  program
    .command("bridge")
    .description("serve a server that speaks on its standard streams over Streamable HTTP")
    .argument("<command...>", "the server's program and its arguments, after --")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 is a free one", "8080")
    .option("--path <path>", "where MCP is answered", "/mcp")
    .addOption(
      new Option("--sharing <way>", "one process for all sessions, or one for each")
        .choices(["shared", "per_session"])
        .default("per_session"),
    )
    .addHelpText("after", AFTER_HELP)
    .action(async ([command = "", ...args]: string[], { host, port, path, sharing }: Flags, self: Command) => {
      const options = { host: parseHost("--host", host), port: parsePort("--port", port), path: parsePath(path), command, args, sharing };
      setExitCode(self, await deps.serveBridge(options));
    });
}

function parsePath(path: string): string {
  if (/^\/[A-Za-z0-9._~/-]{0,200}$/.test(path)) return path;
  throw new AppError("invalid", "BRIDGE_PATH_INVALID", `--path '${path}' is no path`, {
    hint: "it begins with '/' and has letters, digits, '.', '_', '~' and '-'",
  });
}
