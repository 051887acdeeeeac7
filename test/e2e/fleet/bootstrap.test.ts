/** docs/RUNBOOK.md, "A node with containers that are there already", step by step: an agent, a person at the command line, podman. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { answersOf, type IdentityProvider, startIdentityProvider } from "../../../src/agent/identity/identity-provider.fixture.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { runProgram } from "../../support/run-program.ts";
import { type ProgramName, programPath } from "../support/program-path.ts";
import { Scratch } from "../support/scratch.ts";
import { ROOT } from "../support/up-process.ts";

const LIMIT_MS = 120_000;
const scratch = new Scratch("bootstrap");
const containers = podmanScratch();
const service = containers.prefix;
const NODE = `node-${service}`;
let provider: IdentityProvider;
let agent: Bun.Subprocess<"ignore", "pipe", "ignore"> | undefined;

beforeAll(async () => {
  provider = await startIdentityProvider(answersOf({ root: ["admin"] }));
});

afterAll(async () => {
  agent?.kill("SIGTERM");
  await agent?.exited;
  await containers.removeContainers();
  await provider.close();
});

const program = (name: ProgramName, argv: readonly string[]) => runProgram([programPath(name), ...argv], { cwd: ROOT, env: ownEnv() });
const ownEnv = () => ({
  HOME: scratch.path("home"),
  XDG_CONFIG_HOME: scratch.path("home/.config"),
  MCPCTL_CONFIG: undefined,
  MCPCTL_URL: undefined,
});

async function mcpctl(line: string) {
  const { exitCode, stdout, stderr } = await program("mcpctl", line.split(" "));
  expect({ line, exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ line, exitCode: 0, stderr: "" });
  return { stdout, stderr };
}

/** An agent with an empty registry, and a person who knows its fingerprint and has a token. */
async function startAgent(): Promise<void> {
  const at = (name: string) => scratch.path(`agent/${name}`);
  await mkdir(scratch.path("agent"));
  await program("mcp-agent", ["cert", "--cert", at("cert.pem"), "--key", at("key.pem"), "--host", "127.0.0.1"]);
  const config = `
server = { grpc_addr = "127.0.0.1:0", tls_cert = "cert.pem", tls_key = "key.pem" }
database = { path = "mcp-agent.db" }
mcias = { server_url = "${provider.url}" }
agent = { node_name = "${NODE}", files_root = ".", backups_dir = "backups", container_runtime = "podman" }
log = { level = "silent" }
`;
  await writeFile(at("mcp-agent.toml"), config);
  const argv = [programPath("mcp-agent"), "server", "--config", at("mcp-agent.toml")];
  agent = Bun.spawn(argv, { env: { ...process.env, ...ownEnv() }, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  let said = "";
  for await (const chunk of agent.stdout) {
    said += Buffer.from(chunk).toString();
    if (/certificate sha256:\S+\n/.test(said)) break;
  }
  const [, address = ""] = /(127\.0\.0\.1:\d+)/.exec(said) ?? [];
  const [, fingerprint = ""] = /certificate (sha256:\S+)/.exec(said) ?? [];
  await mkdir(scratch.path("home/.config/mcp"), { recursive: true });
  await writeFile(scratch.path("home/.config/mcp/token"), "root\n", { mode: 0o600 });
  await mcpctl(`node add ${NODE} ${address} --fingerprint ${fingerprint}`);
}

const processOf = async (name: string) => (await podman("inspect", "--format", "{{.State.Pid}}", name)).trim();

requiresPodman(
  "containers that people made by hand become a service, without a restart, and the file says what runs",
  async () => {
    const image = await containers.serverVersion("1");
    await podman("run", "--detach", "--name", `${service}-api`, "--env", "MODE=quiet", image);
    await podman("create", "--name", `${service}-web`, image);
    await podman("run", "--detach", "--name", `${service}old`, image);
    const before = [await processOf(`${service}-api`), await processOf(`${service}old`)];
    await startAgent();

    const { stdout: found } = await mcpctl(`node status ${NODE} -o json`);
    for (const name of [`${service}-api`, `${service}-web`, `${service}old`]) expect(found).toContain(`"${name}"`);

    const { stdout: adopted } = await mcpctl(`adopt ${service} --node ${NODE}`);
    expect(adopted).toMatch(new RegExp(`^${service}-api +api +running$`, "m"));
    expect(adopted).toMatch(new RegExp(`^${service}-web +web +stopped$`, "m"));
    expect(adopted).not.toContain(`${service}old`);
    await mcpctl(`adopt ${service} --container ${service}old --component cache --node ${NODE}`);

    await mcpctl(`service export ${service}`);
    const file = scratch.path(`home/.config/mcp/services/${service}.toml`);
    expect(await readFile(file, "utf8")).toContain('MODE = "quiet"');
    const { stdout: checked } = await mcpctl("service validate");
    expect(checked).toStartWith(`${file}: ${service} is valid\n`);
    expect(checked).toContain("api is looser than the default:");

    const { stdout: planned } = await mcpctl(`plan ${service}`);
    expect(planned).toMatch(/^api: no change$/m);
    expect(planned).toMatch(/^cache: no change$/m);
    // A service is active as a whole, and this one was stopped beside others that run.
    expect(planned).toMatch(/^web: start$/m);
    const { stdout: status } = await mcpctl(`status ${service}`);
    expect(status).not.toContain("!");

    expect([await processOf(`${service}-api`), await processOf(`${service}-cache`)]).toEqual(before);
  },
  LIMIT_MS,
);
