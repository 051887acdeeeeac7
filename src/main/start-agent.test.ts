import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { makeCertificateFiles } from "../agent/certificate/certificate-files.ts";
import type { IdentifiedCaller } from "../agent/identity/identified-caller.ts";
import { MONITOR_DEFAULTS } from "../agent/monitor/monitor-settings.ts";
import { componentFixture, serviceFixture } from "../agent/registry/registry.fixture.ts";
import { openSqliteRegistry } from "../agent/registry/sqlite/sqlite-registry.ts";
import { AgentClient } from "../api/agent/agent-client.ts";
import { AppError } from "../core/app-error.ts";
import { containerSpec } from "../runtime/fake/container-spec.fixture.ts";
import { FakeRuntime } from "../runtime/fake/fake-runtime.fixture.ts";
import { FaultyRuntime } from "../runtime/fake/faulty-runtime.fixture.ts";
import { toSpec } from "../service-definition/to-spec.ts";
import { joinAgent } from "./join-agent.ts";
import { type RunningAgent, type StartAgentOptions, startAgent } from "./start-agent.ts";

let folder = "";
let agents: RunningAgent[] = [];
let lines: string[] = [];
const clients: AgentClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-"));
  lines = [];
  mkdirSync(join(folder, "srv"));
  makeCertificateFiles(certificate(), { commonName: "here", hosts: ["127.0.0.1"], from: new Date(Date.now() - 1000), to: inDays(400) });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const agent of agents) await agent.stop(0);
  agents = [];
  rmSync(folder, { recursive: true });
});

const certificate = () => ({ cert: join(folder, "cert.pem"), key: join(folder, "key.pem") });
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

const CALLERS: Record<string, IdentifiedCaller> = {
  root: { username: "root", roles: ["admin"] },
  ada: { username: "ada", roles: ["view"] },
};

async function start({
  runtime = new FakeRuntime(),
  ...more
}: Partial<StartAgentOptions> & { readonly runtime?: FakeRuntime } = {}): Promise<RunningAgent> {
  const agent = await startAgent({
    nodeName: "here",
    listen: { host: "127.0.0.1", port: 0 },
    certificate: certificate(),
    dataDir: join(folder, "data"),
    databasePath: join(folder, "data", "agent.db"),
    filesRoot: join(folder, "srv"),
    bindRoots: [],
    backupsDir: join(folder, "backups"),
    keepSnapshots: 2,
    limits: { maxRpcs: 100, maxProxyCalls: 10, maxFileBytes: 1 << 20, keepFreeBytes: 0 },
    monitor: MONITOR_DEFAULTS,
    tokens: { validate: async (token) => CALLERS[token] },
    proxy: { token: undefined },
    openRuntime: async () => ({ runtime, close: () => runtime.close() }),
    processes: undefined,
    log: pino({ level: "info" }, { write: (line) => void lines.push(line) }),
    join: joinAgent,
    ...more,
  });
  agents.push(agent);
  return agent;
}

function clientOf({ port, certificate: ca }: RunningAgent, token = "root"): AgentClient {
  const client = new AgentClient({ node: "here", address: { host: "127.0.0.1", port }, ca }, { token });
  clients.push(client);
  return client;
}

test("an agent starts from its configuration, speaks TLS, and rejects an RPC without a valid token", async () => {
  const agent = await start();
  await expect(clientOf(agent, "stranger").call((rpc, options) => rpc.nodeStatus({}, options))).rejects.toMatchObject({
    code: "unauthenticated",
  });
  const status = await clientOf(agent, "ada").call((rpc, options) => rpc.nodeStatus({}, options));
  expect(status).toMatchObject({ nodeName: "here", runtime: { name: "fake", driver: "fake" }, drained: false, problems: [] });
  await expect(clientOf(agent, "ada").call((rpc, options) => rpc.runSnapshot({}, options))).rejects.toMatchObject({
    reason: "ROLE_REQUIRED",
  });
  expect(statSync(join(folder, "data", "agent.db")).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "srv")).isDirectory()).toBe(true);
});

test("its parts are joined: what is deployed runs, is known, is seen, is stopped, and can be pulled and pushed to", async () => {
  const runtime = new FakeRuntime();
  runtime.addImage("registry.test/web/api:v1");
  const client = clientOf(await start({ runtime }));
  const deployed = await client.call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture()), requestId: "r1" }, options));
  expect(deployed.results).toMatchObject([{ component: "api", ok: true, version: "v1" }]);
  expect(deployed.operation).toMatchObject({ caller: "root", requestId: "r1" });
  expect((await runtime.inspect("web-api"))?.state).toBe("running");
  const { services } = await client.call((rpc, options) => rpc.listServices({}, options));
  expect(services).toMatchObject([{ spec: { name: "web" }, components: [{ name: "api", observedState: 1, desiredState: 1 }] }]);
  const again = await client.call((rpc, options) => rpc.plan({ spec: toSpec(serviceFixture()) }, options));
  expect(again.components).toMatchObject([{ action: 1 }]);
  const { drift } = await client.call((rpc, options) => rpc.getServiceStatus({ serviceName: "web" }, options));
  expect(drift).toEqual([]);
  await client.call((rpc, options) => rpc.stopService({ serviceName: "web" }, options));
  expect((await runtime.inspect("web-api"))?.state).toBe("exited");
  const { operations } = await client.call((rpc, options) => rpc.listOperations({}, options));
  expect(operations.map(({ kind }) => kind)).toEqual([3, 1]);
  const { path } = await client.call((rpc, options) => rpc.runSnapshot({}, options));
  expect(existsSync(path)).toBe(true);
});

test("a container whose process is gone counts as exited, though the engine says that it runs", async () => {
  const runtime = new FakeRuntime();
  runtime.addImage("registry.test/web/api:v1");
  let isAlive = true;
  const client = clientOf(await start({ runtime, processes: { existing: () => () => isAlive, isAlive: () => isAlive } }));
  await client.call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture({ selfHeal: "alert" })) }, options));
  isAlive = false;
  const { services } = await client.call((rpc, options) => rpc.liveCheck({}, options));
  expect(services).toMatchObject([{ components: [{ observedState: 3, reason: expect.stringContaining("is gone") }] }]);
});

test("a node that is drained takes no deploys until it is not drained any more, also after a restart", async () => {
  const agent = await start();
  await clientOf(agent).call((rpc, options) => rpc.drain({}, options));
  await agent.stop(0);
  agents = [];
  const runtime = new FakeRuntime();
  runtime.addImage("registry.test/web/api:v1");
  const client = clientOf(await start({ runtime }));
  const deploy = () => client.call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture()) }, options));
  await expect(deploy()).rejects.toMatchObject({ code: "precondition", reason: "NODE_DRAINED" });
  await client.call((rpc, options) => rpc.drain({ undo: true }, options));
  expect((await deploy()).results).toMatchObject([{ ok: true }]);
});

test("a graceful stop closes the registry and stops the listener; the next agent has what the last one knew", async () => {
  const runtime = new FakeRuntime();
  runtime.addImage("registry.test/web/api:v1");
  const agent = await start({ runtime });
  await clientOf(agent).call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture()) }, options));
  const { port } = agent;
  await agent.stop(1000);
  agents = [];
  const refused = new Promise((resolve) => connect(port, "127.0.0.1").once("error", resolve).once("connect", resolve));
  expect(await refused).toMatchObject({ code: "ECONNREFUSED" });
  // It opens for who holds it alone, so the one before has closed it.
  const registry = openSqliteRegistry(join(folder, "data", "agent.db"));
  expect((await registry.services()).map(({ name }) => name)).toEqual(["web"]);
  await registry.close();
  expect(existsSync(join(folder, "data", "agent.json"))).toBe(false);
  const { services } = await clientOf(await start({ runtime })).call((rpc, options) => rpc.listServices({}, options));
  expect(services).toHaveLength(1);
});

test("a registry that was lost is filled from the containers of its node, which go on running", async () => {
  const runtime = new FakeRuntime();
  runtime.addImage("registry.test/web/api:v1");
  const agent = await start({ runtime });
  await clientOf(agent).call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture()) }, options));
  const { startedAt } = (await runtime.inspect("web-api")) ?? {};
  await agent.stop(0);
  agents = [];
  for (const end of ["", "-wal", "-shm"]) rmSync(join(folder, "data", `agent.db${end}`), { force: true });
  const { services } = await clientOf(await start({ runtime })).call((rpc, options) => rpc.listServices({}, options));
  expect(services).toMatchObject([{ spec: { name: "web" }, components: [{ name: "api", desiredState: 1, observedState: 1 }] }]);
  expect((await runtime.inspect("web-api"))?.startedAt).toEqual(startedAt);
});

test("what was started by hand is listed, and whoever adopts it is told what a deploy would refuse to bind", async () => {
  const runtime = new FakeRuntime();
  runtime.addImage("web");
  const mounts = [{ kind: "bind" as const, source: "/etc", target: "/config", readOnly: true }];
  await runtime.create(containerSpec({ name: "web-api", image: "web", mounts }));
  await runtime.start("web-api");
  const client = clientOf(await start({ runtime }));
  const undeclared = async () => (await client.call((rpc, options) => rpc.nodeStatus({}, options))).undeclaredContainers;
  expect(await undeclared()).toEqual(["web-api"]);
  const adopted = await client.call((rpc, options) => rpc.adoptContainers({ serviceName: "web" }, options));
  expect(adopted.results).toMatchObject([{ error: "" }]);
  await client.call((rpc, options) => rpc.liveCheck({}, options));
  expect(await undeclared()).toEqual([]);
  const { events } = await client.call((rpc, options) => rpc.getServiceStatus({ serviceName: "web" }, options));
  expect(events.map(({ message }) => message).join()).toContain("a deploy of it would be refused: A component may not bind /etc");
});

test("why the engine cannot be asked is among the problems of its node", async () => {
  const engine = new FaultyRuntime(new FakeRuntime());
  engine.fail("list", new AppError("unavailable", "ENGINE_AWAY", "podman cannot be reached"));
  const client = clientOf(await start({ openRuntime: async () => ({ runtime: engine, close: async () => undefined }) }));
  const { problems } = await client.call((rpc, options) => rpc.nodeStatus({}, options));
  expect(problems.join()).toContain("podman cannot be reached");
});

test("a second agent on the same data folder is refused, with who holds it, and leaves the first one alone", async () => {
  const agent = await start();
  await expect(start()).rejects.toMatchObject({
    code: "conflict",
    reason: "DATA_FOLDER_HELD",
    message: expect.stringMatching(
      new RegExp(`^Another agent \\(process ${process.pid}, since .*\\) holds the data folder ${folder}/data$`),
    ),
  });
  expect((await clientOf(agent).call((rpc, options) => rpc.nodeStatus({}, options))).nodeName).toBe("here");
});

test("an agent that cannot start leaves nothing: the next one gets its folder", async () => {
  await expect(start({ certificate: { ...certificate(), key: "/nowhere" } })).rejects.toMatchObject({ reason: "CERTIFICATE_MISSING" });
  await expect(start({ join: () => joinFailing() })).rejects.toThrow("the parts do not fit");
  await start();
});

function joinFailing(): never {
  throw new Error("the parts do not fit");
}

test("a renewed certificate is shown without a restart, one that is broken is not, and its end is told", async () => {
  const agent = await start();
  const before = agent.fingerprint;
  rmSync(certificate().cert);
  agent.rereadCertificate();
  expect(agent.fingerprint).toBe(before);
  rmSync(certificate().key);
  makeCertificateFiles(certificate(), { commonName: "here", hosts: ["127.0.0.1"], from: new Date(Date.now() - 1000), to: inDays(5) });
  agent.rereadCertificate();
  expect(agent.fingerprint).not.toBe(before);
  // The client trusts this one alone.
  const { problems } = await clientOf(agent).call((rpc, options) => rpc.nodeStatus({}, options));
  expect(problems).toEqual([expect.stringContaining("The certificate of this agent ends in 7 days or less")]);
  expect(lines.filter((line) => line.includes("ends in 7 days or less"))).toHaveLength(1);
});

test("every RPC is in the audit file in the data folder, which only its owner can read, and in the log", async () => {
  const agent = await start();
  const client = clientOf(agent);
  await client.call((rpc, options) => rpc.nodeStatus({}, options));
  await agent.stop(0);
  agents = [];
  const file = join(folder, "data", "audit.log");
  const entries = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(entries).toEqual([{ method: "/mcp.v1.McpAgentService/NodeStatus", caller: "root", outcome: "ok", timestamp: expect.any(String) }]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(lines.filter((line) => line.includes("NodeStatus"))).toHaveLength(1);
});

test("a component is reached through the agent's port, and not where the proxy is off", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => new Response(`at ${new URL(request.url).pathname}`) });
  const runtime = new FakeRuntime({ addressOf: () => undefined });
  runtime.addImage("registry.test/web/api:v1");
  const ports = [{ hostPort: server.port ?? 0, hostAddress: "127.0.0.1", containerPort: 8080, protocol: "tcp" as const }];
  const agent = await start({ runtime });
  const spec = toSpec(serviceFixture({ components: [componentFixture({ ports })] }));
  await clientOf(agent).call((rpc, options) => rpc.deploy({ spec }, options));
  const get = (port: number) =>
    fetch(`https://127.0.0.1:${port}/c/web/api/8080/mcp`, {
      headers: { authorization: "Bearer root" },
      tls: { ca: agent.certificate },
      keepalive: false,
    });
  expect(await (await get(agent.port)).text()).toBe("at /mcp");
  await agent.stop(0);
  agents = [];
  const off = await start({ runtime, proxy: undefined });
  expect((await get(off.port)).status).toBe(404);
  await server.stop(true);
});
