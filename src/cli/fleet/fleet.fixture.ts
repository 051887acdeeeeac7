/** For tests: agents that answer as they are told, a folder with the configuration that names them, and services' files. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AGENT_TOKEN } from "../../api/agent/agent-token.fixture.ts";
import { type AgentAnswers, type FakeAgent, startFakeAgent } from "../../api/agent/fake-agent.fixture.ts";
import { AppError } from "../../core/app-error.ts";
import { type CapturedRun, captureMcpctl } from "../captured-cli.fixture.ts";
import type { CliDeps } from "../ports.ts";

export interface TestFleet {
  readonly agents: Readonly<Record<string, FakeAgent>>;
  readonly folder: string;
  readonly config: string;
  run(argv: readonly string[], deps?: Partial<CliDeps>): Promise<CapturedRun>;
  /** Writes a file below the folder and gives its path. */
  write(name: string, text: string): string;
  read(name: string): string;
  has(name: string): boolean;
  /** What the agents were asked, `rift Deploy`, in order. */
  asked(): readonly string[];
  close(): Promise<void>;
}

/** One agent for each name; `null` is a node that is away. */
export async function startFleet(nodes: Readonly<Record<string, AgentAnswers | null>>): Promise<TestFleet> {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-fleet-"));
  const config = join(folder, "mcp.toml");
  const agents: Record<string, FakeAgent> = {};
  const entries: string[] = [];
  for (const [name, answers] of Object.entries(nodes)) {
    const agent = await startFakeAgent(answers ?? {});
    if (answers === null) await agent.close();
    else agents[name] = agent;
    entries.push(`[[nodes]]\nname = "${name}"\naddress = "${agent.address}"\nfingerprint = "${agent.certificate.fingerprint}"\n`);
  }
  writeFileSync(config, entries.join("\n"));
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  return {
    agents,
    folder,
    config,
    run: (argv, deps = {}) => captureMcpctl(argv, { ...deps, env: { MCP_CONFIG: config, HOME: folder, ...deps.env } }),
    write,
    read: (name) => readFileSync(join(folder, name), "utf8"),
    has: (name) => existsSync(join(folder, name)),
    asked: () => Object.entries(agents).flatMap(([name, { calls }]) => calls.map(({ method }) => `${name} ${method}`)),
    close: async () => {
      await Promise.all(Object.values(agents).map((agent) => agent.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A service's file with one component, `api`, or those that are named. */
export function serviceText(name: string, node: string, components: readonly string[] = ["api"]): string {
  const tables = components.map(
    (component) => `[[components]]\nname = "${component}"\nimage = "localhost/${name}-${component}:v1" # pinned\n`,
  );
  return [`# About ${name}.\nname = "${name}"\nnode = "${node}"\nactive = true\n`, ...tables].join("\n");
}

/** The spec of the same, as an agent has it. */
export function specOf(name: string, node: string, components: readonly string[] = ["api"]) {
  return {
    name,
    node,
    active: true,
    components: components.map((component) => ({ name: component, image: `localhost/${name}-${component}:v1` })),
  };
}

export const secondsOf = (iso: string) => ({ seconds: BigInt(Date.parse(iso) / 1_000), nanos: 0 });

/** The token that the agents do not take. */
export const expired: Partial<CliDeps> = {
  agentTokens: { logIn: async () => AGENT_TOKEN, load: async () => "expired", save: async () => undefined },
};

export const loggedOut: Partial<CliDeps> = {
  agentTokens: {
    logIn: async () => AGENT_TOKEN,
    load: async (path) => {
      throw new AppError("not_found", "TOKEN_FILE_MISSING", `There is no token in ${path}`, { hint: "log in first" });
    },
    save: async () => undefined,
  },
};
