import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { answersOf, type IdentityProvider, startIdentityProvider } from "../../../src/agent/identity/identity-provider.fixture.ts";
import { AgentClient } from "../../../src/api/agent/agent-client.ts";
import { programPath } from "../support/program-path.ts";

const PROGRAM = programPath("mcp-agent");

let folder = "";
let provider: IdentityProvider;
const running: Bun.Subprocess<"ignore", "pipe", "pipe">[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-agent-"));
  provider = await startIdentityProvider(answersOf({ root: ["admin"], ada: ["view"] }));
  expect((await run("cert", "--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem"), "--host", "127.0.0.1")).exitCode).toBe(0);
  await writeFile(join(folder, "mcp-agent.toml"), config());
});

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await provider.close();
  await rm(folder, { recursive: true });
});

/** podman's command line, whether it is there or not: nothing here needs a container. */
function config(): string {
  return `
[server]
grpc_addr = "127.0.0.1:0"
tls_cert = "cert.pem"
tls_key = "key.pem"
[database]
path = "data/agent.db"
[mcias]
server_url = "${provider.url}"
[agent]
node_name = "here"
container_runtime = "podman-cli"
files_root = "."
backups_dir = "backups"
`;
}

const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };

async function run(...argv: string[]) {
  const child = Bun.spawn([PROGRAM, ...argv], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

const withConfig = (...argv: string[]) => run(...argv, "--config", join(folder, "mcp-agent.toml"));

async function start() {
  const argv = [PROGRAM, "server", "--config", join(folder, "mcp-agent.toml")];
  const child = Bun.spawn(argv, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  running.push(child);
  const reader = child.stdout.getReader();
  let said = "";
  while (!/certificate sha256/.test(said)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended: ${said}${await new Response(child.stderr).text()}`);
    said += Buffer.from(value).toString();
  }
  return { child, port: Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1]) };
}

async function nodeName(port: number, token: string): Promise<string> {
  const ca = await readFile(join(folder, "cert.pem"), "utf8");
  const client = new AgentClient({ node: "here", address: { host: "127.0.0.1", port }, ca }, { token });
  try {
    return (await client.call((rpc, options) => rpc.nodeStatus({}, options))).nodeName;
  } finally {
    client.close();
  }
}

function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    socket.once("error", reject).once("secureConnect", () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.end();
    });
  });
}

test("an agent as a process: TLS, tokens, one for each folder, a snapshot meanwhile, SIGHUP, SIGTERM, a restore", async () => {
  const { child, port } = await start();
  expect(await nodeName(port, "ada")).toBe("here");
  await expect(nodeName(port, "stranger")).rejects.toMatchObject({ code: "unauthenticated" });

  // Small rather than fast, which has to be said before it starts.
  expect(readFileSync(`/proc/${child.pid}/environ`, "utf8").split("\0")).toContain("BUN_JSC_useDFGJIT=0");

  const second = await withConfig("server");
  expect(second).toMatchObject({ exitCode: 1, stdout: "" });
  expect(second.stderr).toContain(`error: Another agent (process ${child.pid}, since `);
  expect((await withConfig("restore", "nothing.db")).exitCode).toBe(1);

  const { path } = JSON.parse((await withConfig("snapshot", "-o", "json")).stdout);
  expect((await stat(path)).mode & 0o777).toBe(0o600);

  const before = await shown(port);
  renameSync(join(folder, "cert.pem"), join(folder, "old-cert.pem"));
  renameSync(join(folder, "key.pem"), join(folder, "old-key.pem"));
  await run("cert", "--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem"), "--host", "127.0.0.1");
  child.kill("SIGHUP");
  const end = Date.now() + 20_000;
  while ((await shown(port)) === before && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await shown(port)).not.toBe(before);
  expect(await nodeName(port, "root")).toBe("here");

  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  const refused = new Promise((resolve) => connect(port, "127.0.0.1").once("error", resolve).once("connect", resolve));
  expect(await refused).toMatchObject({ code: "ECONNREFUSED" });
  expect(existsSync(join(folder, "data", "agent.json"))).toBe(false);

  expect(await withConfig("restore", path)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("agent.db is what") });
  const next = await start();
  expect(await nodeName(next.port, "root")).toBe("here");
  next.child.kill("SIGINT");
  expect(await next.child.exited).toBe(0);
}, 60_000);

test("an agent that was killed leaves its folder to the next one", async () => {
  const { child } = await start();
  child.kill("SIGKILL");
  await child.exited;
  const { port, child: next } = await start();
  expect(await nodeName(port, "root")).toBe("here");
  next.kill("SIGTERM");
  expect(await next.exited).toBe(0);
}, 60_000);

test("the doctor says each finding and its cure, and fails where something is broken", async () => {
  const look = async (...argv: string[]) => {
    const { stdout, exitCode } = await withConfig("doctor", ...argv);
    return { stdout, exitCode };
  };
  interface Line {
    readonly check: string;
    readonly level: string;
    readonly message: string;
    readonly cure: string;
  }
  const of = (lines: readonly Line[], check: string) => lines.find((line) => line.check === check);
  const before = await look("-o", "json");
  const lines: readonly Line[] = JSON.parse(before.stdout);
  expect(before.exitCode).toBe(lines.some(({ level }) => level === "error") ? 1 : 0);
  expect(of(lines, "certificate")).toMatchObject({ level: "ok" });
  await writeFile(join(folder, "data", "agent.db"), "no database");
  const damaged = await look("-o", "json");
  expect(damaged.exitCode).toBe(1);
  expect(of(JSON.parse(damaged.stdout), "registry")).toMatchObject({ level: "error", cure: expect.stringContaining("restore") });
  const table = await look();
  expect([table.exitCode, table.stdout]).toEqual([1, expect.stringMatching(/^error +registry +[\s\S]*What to do:[\s\S]*registry: /m)]);
  await rm(join(folder, "data", "agent.db"));
}, 60_000);

test("a configuration that is wrong is said with its key, and the descriptor goes to a file or a pipe", async () => {
  const wrong = join(folder, "wrong.toml");
  await writeFile(wrong, config().replace("node_name", "node_nam"));
  const refused = await run("server", "--config", wrong);
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toBe(`error: ${wrong}: there is no key 'agent.node_nam'\nhint: did you mean 'node_name'?\n`);
  expect(await withConfig("validate-config")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("is valid, for node here") });
  const file = join(folder, "agent.binpb");
  await run("descriptor", "--file", file);
  const piped = Bun.spawn([PROGRAM, "descriptor"], { env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const [bytes] = await Promise.all([new Response(piped.stdout).bytes(), piped.exited]);
  expect(Buffer.from(bytes).equals(await readFile(file))).toBe(true);
  expect(bytes.length).toBeGreaterThan(1000);
}, 60_000);
