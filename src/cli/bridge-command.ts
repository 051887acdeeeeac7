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
  /** Undefined: the runtime that this program is made of, which runs the script that the arguments begin with. */
  readonly command: string | undefined;
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
  readonly script?: string;
}

const AFTER_HELP = `
Who reaches its port may call: it asks for no credential, and keeps nothing. In a container an agent's proxy stands before it.

Examples:
  mcplocal bridge -- npx -y @modelcontextprotocol/server-filesystem /srv/files
  mcplocal bridge --script node_modules/server/dist/index.js -- --verbose
  mcplocal bridge --host 0.0.0.0 --port 8080 --sharing per_session -- /app/server --stdio
`;

export function addBridgeCommand(program: Command, deps: BridgeDeps): void {
  program
    .command("bridge")
    .description("serve a server that speaks on its standard streams over Streamable HTTP")
    .argument("[command...]", "the server's program and its arguments, after --")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 is a free one", "8080")
    .option("--script <file>", "a server in JavaScript, run by the runtime in this program; what follows are its arguments")
    .option("--path <path>", "where MCP is answered", "/mcp")
    .addOption(
      new Option("--sharing <way>", "one process for all sessions, or one for each")
        .choices(["shared", "per_session"])
        .default("per_session"),
    )
    .addHelpText("after", AFTER_HELP)
    .action(async (words: string[], { host, port, path, sharing, script }: Flags, self: Command) => {
      const options = { host: parseHost("--host", host), port: parsePort("--port", port), path: parsePath(path), sharing };
      setExitCode(self, await deps.serveBridge({ ...options, ...parseCommand(words, script) }));
    });
}

function parsePath(path: string): string {
  if (/^\/[A-Za-z0-9._~/-]{0,200}$/.test(path)) return path;
  throw new AppError("invalid", "BRIDGE_PATH_INVALID", `--path '${path}' is no path`, {
    hint: "it begins with '/' and has letters, digits, '.', '_', '~' and '-'",
  });
}

/** Throws `invalid`/`BRIDGE_COMMAND_MISSING`. */
function parseCommand(words: readonly string[], script: string | undefined): Pick<BridgeOptions, "command" | "args"> {
  if (script !== undefined && script !== "") return { command: undefined, args: [script, ...words] };
  const [command, ...args] = words;
  if (command !== undefined && command !== "") return { command, args };
  throw new AppError("invalid", "BRIDGE_COMMAND_MISSING", "No server is named to serve", {
    hint: "name its program after --, or a script of JavaScript with --script FILE",
  });
}
