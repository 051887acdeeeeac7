import { type Command, Option } from "commander";
import { AppError } from "../core/app-error.ts";
import type { AgentProgramDeps, DoctorLine } from "./agent-ports.ts";
import { alignTable } from "./align-table.ts";
import { setExitCode } from "./exit-code.ts";
import { newProgram } from "./new-program.ts";
import { parsePathFlag } from "./path-flag.ts";

const DEFAULT_CONFIG = "/srv/mcp/mcp-agent.toml";

const AFTER_HELP = `
The configuration is the file of --config, else of MCP_AGENT_CONFIG, else ${DEFAULT_CONFIG}. Each of its keys can be
overridden by a variable: MCP_AGENT_SERVER_GRPC_ADDR for server.grpc_addr.

Examples:
  mcp-agent cert --host node-1.example.org
  mcp-agent validate-config --config mcp-agent.toml
  mcp-agent server --config /srv/mcp/mcp-agent.toml
  mcp-agent descriptor > agent.binpb
  grpcurl -protoset agent.binpb -cacert cert.pem -H "authorization: Bearer $TOKEN" node-1:9444 mcp.v1.McpAgentService/NodeStatus
`;

/** The command line `mcp-agent`: the daemon of a node, and what is done to its state while it stands. */
export function createAgentProgram(deps: AgentProgramDeps): Command {
  const program = newProgram("mcp-agent", "The node daemon: runs components in containers.", deps).addHelpText("after", AFTER_HELP);
  addServer(program, deps);
  addSnapshot(program, deps);
  addRestore(program, deps);
  addDoctor(program, deps);
  addValidateConfig(program, deps);
  addCert(program, deps);
  addDescriptor(program, deps);
  return program;
}

interface ConfigFlag {
  readonly config?: string;
}

interface OutputFlag extends ConfigFlag {
  readonly output: string;
}

function configurable(command: Command): Command {
  return command.option("--config <file>", `configuration file, TOML (default: $MCP_AGENT_CONFIG, else ${DEFAULT_CONFIG})`);
}

function withOutput(command: Command): Command {
  return command.addOption(new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"));
}

function configOf(flags: ConfigFlag, { env }: AgentProgramDeps): string {
  return parsePathFlag("--config", flags.config) ?? env.MCP_AGENT_CONFIG ?? DEFAULT_CONFIG;
}

function addServer(program: Command, deps: AgentProgramDeps): void {
  configurable(program.command("server"))
    .description("run the agent until SIGINT or SIGTERM")
    .action(async (flags: ConfigFlag, command: Command) => setExitCode(command, await deps.server(configOf(flags, deps))));
}

function addSnapshot(program: Command, deps: AgentProgramDeps): void {
  configurable(withOutput(program.command("snapshot")))
    .description("write a checked copy of the registry to agent.backups_dir; the agent may run meanwhile")
    .action(async (flags: OutputFlag) => {
      const json = flags.output === "json";
      const snapshot = await deps.snapshot(configOf(flags, deps));
      deps.stdout(json ? `${JSON.stringify(snapshot)}\n` : `${snapshot.path} (${snapshot.size} bytes)\n`);
    });
}

function addRestore(program: Command, deps: AgentProgramDeps): void {
  configurable(program.command("restore"))
    .description("put a snapshot in the registry's place; the agent must not run")
    .argument("<snapshot>", "the file that 'mcp-agent snapshot' has written")
    .action(async (snapshot: string, flags: ConfigFlag) => {
      const { registry, aside } = await deps.restore(configOf(flags, deps), snapshot);
      deps.stdout(`${registry} is what ${snapshot} says.\n`);
      if (aside !== undefined) deps.stdout(`The registry that was there before is ${aside}.\n`);
      deps.stderr("next: start the agent; it looks at the containers and says what differs\n");
    });
}

function addDoctor(program: Command, deps: AgentProgramDeps): void {
  configurable(withOutput(program.command("doctor")))
    .description("look for what keeps containers from running here, each finding with its cure")
    .action(async (flags: OutputFlag, command: Command) => {
      const json = flags.output === "json";
      const lines = await deps.doctor(configOf(flags, deps));
      deps.stdout(json ? `${JSON.stringify(lines)}\n` : doctorText(lines));
      setExitCode(command, lines.some(({ level }) => level === "error") ? 1 : 0);
    });
}

function doctorText(lines: readonly DoctorLine[]): string {
  const rows = lines.map(({ level, check, message }) => [level, check, message]);
  // One cure may be that of several findings.
  const cures = new Set(lines.filter(({ cure }) => cure !== "").map(({ check, cure }) => `  ${check}: ${cure}\n`));
  return `${alignTable(rows)}${cures.size === 0 ? "" : `\nWhat to do:\n${[...cures].join("")}`}`;
}

function addValidateConfig(program: Command, deps: AgentProgramDeps): void {
  configurable(program.command("validate-config"))
    .description("read the configuration and say what is wrong with it")
    .action(async (flags: ConfigFlag) => {
      const file = configOf(flags, deps);
      const { nodeName } = await deps.validateConfig(file);
      deps.stdout(`${file} is valid, for node ${nodeName}.\n`);
    });
}

interface CertFlags {
  readonly cert: string;
  readonly key: string;
  readonly host: readonly string[];
  readonly days: string;
}

const MAX_DAYS = 3650;

function addCert(program: Command, deps: AgentProgramDeps): void {
  const collect = (value: string, previous: readonly string[]) => [...previous, value];
  program
    .command("cert")
    .description("make a certificate that signs itself, and say its fingerprint, which clients can pin")
    .option("--cert <file>", "where the certificate goes", "cert.pem")
    .option("--key <file>", "where its key goes, with mode 0600", "key.pem")
    .option("--host <name>", "DNS name or address that it is good for, besides localhost; may be repeated", collect, [])
    .option("--days <days>", `how long it is good, at most ${MAX_DAYS}`, "825")
    .action(async ({ cert, key, host, days }: CertFlags) => {
      const { fingerprint, expiresAt } = await deps.makeCertificate({ cert, key, hosts: host.map(parseHost), days: parseDays(days) });
      deps.stdout(`${fingerprint}\n`);
      deps.stderr(`${cert} and ${key} are good until ${expiresAt.toISOString()}\n`);
      deps.stderr("next: 'mcpctl node add NAME HOST:PORT' shows this fingerprint; compare it before you say yes\n");
    });
}

function addDescriptor(program: Command, deps: AgentProgramDeps): void {
  program
    .command("descriptor")
    .description("write the contract as a FileDescriptorSet, for grpcurl -protoset")
    .option("--file <file>", "where it goes (default: standard output)")
    .action(async ({ file }: { readonly file?: string }) => await deps.writeDescriptor(parsePathFlag("--file", file)));
}

const HOST = /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]+)$/;

function parseHost(text: string): string {
  if (HOST.test(text)) return text;
  throw new AppError("invalid", "FLAG_INVALID", `--host '${text}' is no DNS name and no address`, { hint: "write it without a port" });
}

function parseDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new AppError("invalid", "FLAG_INVALID", `--days takes a whole number from 1 to ${MAX_DAYS}`);
}
