/** Ten nodes of which one is cut off: commands about all of them end by their own deadline, and show the others. */
import { afterAll, beforeAll, expect } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answersOf, type IdentityProvider, startIdentityProvider } from "../../../src/agent/identity/identity-provider.fixture.ts";
import { startEmptyEngine } from "../../support/empty-engine.ts";
import { hasNetworkNamespaces, type NetworkNamespace, NO_NAMESPACES, openNetworkNamespace } from "../../support/network-namespace.ts";
import { requires } from "../../support/requires.ts";
import { runProgram } from "../../support/run-program.ts";
import { programPath } from "../support/program-path.ts";

const PORT = 9444;
const isPossible = hasNetworkNamespaces();

interface Node {
  readonly name: string;
  readonly network: NetworkNamespace;
  readonly provider: IdentityProvider;
  readonly agent: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly fingerprint: string;
}

let folder = "";
let engine: Server;
const nodes: Node[] = [];
const networks: NetworkNamespace[] = [];
const providers: IdentityProvider[] = [];
const agents: Node["agent"][] = [];

const env = { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`, HOME: process.env.HOME ?? "" };

beforeAll(async () => {
  if (!isPossible) return;
  folder = mkdtempSync(join(tmpdir(), "mcpctl-cut-"));
  engine = await startEmptyEngine(join(folder, "engine.sock"));
  nodes.push(...(await Promise.all(["near", "far"].map(startNode))));
  writeFleet();
  await expectWhole();
}, 60_000);

afterAll(async () => {
  if (!isPossible) return;
  for (const agent of agents) agent.kill("SIGKILL");
  await Promise.all(agents.map((agent) => agent.exited));
  for (const network of networks) network.close();
  for (const provider of providers) await provider.close();
  engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startNode(name: string): Promise<Node> {
  const network = openNetworkNamespace();
  networks.push(network);
  const provider = await startIdentityProvider(answersOf({ root: ["admin"] }), network.hostAddress);
  providers.push(provider);
  const own = join(folder, name);
  mkdirSync(own);
  const { exitCode } = await runProgram(
    [programPath("mcp-agent"), "cert", "--cert", "cert.pem", "--key", "key.pem", "--host", network.address],
    { cwd: own, env },
  );
  expect(exitCode).toBe(0);
  const config = `
[server]
grpc_addr = "${network.address}:${PORT}"
tls_cert = "cert.pem"
tls_key = "key.pem"
[database]
path = "data/agent.db"
[mcias]
server_url = "${provider.url}"
[agent]
node_name = "${name}"
container_runtime = "docker"
runtime_socket = "${join(folder, "engine.sock")}"
files_root = "."
backups_dir = "backups"
`;
  writeFileSync(join(own, "mcp-agent.toml"), config);
  const command = network.within([programPath("mcp-agent"), "server", "--config", join(own, "mcp-agent.toml")]);
  const agent = Bun.spawn(command, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  agents.push(agent);
  return { name, network, provider, agent, fingerprint: await fingerprintOf(agent) };
}

async function fingerprintOf(agent: Node["agent"]): Promise<string> {
  const reader = agent.stdout.getReader();
  for (let said = ""; ; ) {
    const found = /certificate (sha256:[0-9a-f]{64})/.exec(said)?.[1];
    if (found !== undefined) return found;
    const { value, done } = await reader.read();
    if (done) throw new Error(`the agent ended: ${said}${await new Response(agent.stderr).text()}`);
    said += Buffer.from(value).toString();
  }
}

/** Ten nodes: nine names lead to the one that stays. */
function writeFleet(): void {
  const [near, far] = nodes as [Node, Node];
  const entry = (name: string, { network, fingerprint }: Node) =>
    `[[nodes]]\nname = "${name}"\naddress = "${network.address}:${PORT}"\nfingerprint = "${fingerprint}"\n`;
  const others = Array.from({ length: 8 }, (_, index) => entry(`near-${index + 2}`, near));
  writeFileSync(join(folder, "mcp.toml"), [entry("near", near), ...others, entry("far", far)].join("\n"));
  writeFileSync(join(folder, "token"), "root\n");
  chmodSync(join(folder, "token"), 0o600);
  mkdirSync(join(folder, "services"));
  for (const { name } of nodes) {
    const text = `name = "on-${name}"\nnode = "${name}"\nactive = false\n[[components]]\nname = "api"\nimage = "localhost/x:v1"\n`;
    writeFileSync(join(folder, "services", `on-${name}.toml`), text);
  }
}

function mcpctl(...argv: readonly string[]) {
  const command = ["timeout", "-s", "KILL", "40", programPath("mcpctl"), ...argv];
  return runProgram(command, { cwd: folder, env: { ...env, HOME: folder, MCP_CONFIG: join(folder, "mcp.toml") } });
}

/** All of them answer, as soon as the kernel has noticed that the way is there again. */
async function expectWhole(): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await mcpctl("node", "status", "far")).exitCode !== 0 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await mcpctl("sync")).toMatchObject({ exitCode: 0, stderr: "" });
  const { exitCode, stdout } = await mcpctl("ps");
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^near +on-near +api [\s\S]*^far +on-far +api /m)]);
}

/** Each ends by itself, by the deadline that it was given, which leaves the others time on a busy machine; what the living node says is there, and that it is not all. */
async function expectPartial(why: RegExp): Promise<void> {
  const [ps, list, sync, json] = await Promise.all([
    mcpctl("ps", "--timeout", "3s"),
    mcpctl("list", "--timeout", "3s"),
    mcpctl("sync", "--timeout", "3s"),
    mcpctl("ps", "--timeout", "3s", "-o", "json"),
  ]);
  for (const { exitCode, stderr } of [ps, list, sync, json]) expect([exitCode, stderr]).toEqual([3, expect.stringMatching(why)]);
  // Nodes without a service of ours are asked too, for what runs there undeclared.
  for (const { stderr } of [ps, list, sync]) expect(stderr).toContain("partial: 9 of 10 nodes answered\n");
  for (const { stdout } of [ps, list]) {
    expect(stdout.match(/^near(-\d)? +on-near +api /gm)).toHaveLength(9);
    expect(stdout).not.toMatch(/^far /m);
  }
  expect(sync.stdout).toMatch(/^near +on-near +unchanged/m);
  expect(sync.stdout).not.toMatch(/^far /m);
  const answers = JSON.parse(json.stdout) as { nodes: object[]; errors: { node: string; reason: string }[] };
  expect([answers.nodes.length, answers.errors]).toEqual([9, [expect.objectContaining({ node: "far", reason: "NODE_UNREACHABLE" })]]);
}

const TOO_LATE = /error: Node far at [\d.:]+ cannot be reached: it did not answer within 3 s\n/;

/** What was done is undone however the commands have done, so that the next test finds the whole fleet, as the first does. */
async function expectPartialWhile(cut: () => () => void, why: RegExp): Promise<void> {
  const undo = cut();
  try {
    await expectPartial(why);
  } finally {
    undo();
  }
  await expectWhole();
}

const far = () => nodes[1] as Node;

requires(isPossible, NO_NAMESPACES)("a node that falls silent costs its own deadline and no more, and is back when it speaks again", () =>
  expectPartialWhile(() => far().network.fallSilent(), TOO_LATE),
);

requires(isPossible, NO_NAMESPACES)("a node whose cable is pulled costs its own deadline and no more", () =>
  // The kernel gives the neighbour up after a while of its own, and says so.
  expectPartialWhile(
    () => far().network.pullCable(),
    /error: Node far at [\d.:]+ cannot be reached: (it did not answer within 3 s|E[A-Z]+)\n/,
  ),
);

requires(isPossible, NO_NAMESPACES)(
  "an agent that is frozen, whose machine still takes connections, costs its own deadline and no more",
  () =>
    expectPartialWhile(() => {
      far().agent.kill("SIGSTOP");
      return () => far().agent.kill("SIGCONT");
    }, TOO_LATE),
);
