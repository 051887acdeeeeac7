import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startFixture } from "../conformance/fixture/start-fixture.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const SEARCH = "content__evo.content.search";
const scratch = new Scratch("workers");
let ready: Ready;
const gateways: GatewayProcess[] = [];

function serve(env: Readonly<Record<string, string>>): GatewayProcess {
  const gateway = new GatewayProcess(ready.api, env);
  gateways.push(gateway);
  return gateway;
}

/** The processes that this one has started, by their ids. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await Bun.file(`/proc/${pid}/task/${pid}/children`).text();
  return text.split(" ").filter(Boolean).map(Number);
}

beforeAll(async () => {
  ready = await scratch.upWithReadyFile("workers").ready();
}, 60_000);
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
});

test("several workers share one port, and a session opened at one is good at all", async () => {
  const gateway = serve({ MCPLOCAL_WORKERS: "3" });
  const url = await gateway.ready();
  expect(gateway.stdout).toContain("(3 workers)");
  expect(await childrenOf(gateway.pid)).toHaveLength(3);
  const caller = await McpCaller.open(`${url}/projects/demo/mcp`, ready.token ?? "");
  // Calls at the same time have connections of their own, so that the system shares them out; 40 on one of three would be a chance of 3^-39.
  const answers = await Promise.all(Array.from({ length: 40 }, () => caller.call(SEARCH, { limit: 1 })));
  expect(answers.filter(({ status, json }) => status !== 200 || json.result === undefined)).toEqual([]);
  expect(await gateway.stop()).toBe(0);
}, 60_000);

test("a worker that is killed is replaced, and none is left when the gateway stops", async () => {
  const gateway = serve({ MCPLOCAL_WORKERS: "2" });
  const url = await gateway.ready();
  const [victim = 0, other = 0] = await childrenOf(gateway.pid);
  process.kill(victim, "SIGKILL");
  const next = await waitUntil("another worker is there", async () => {
    const found = (await childrenOf(gateway.pid)).filter((pid) => pid !== victim && pid !== other);
    return found[0];
  });
  await waitUntil("all of them serve", async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/readyz`, { headers: { connection: "close" } })));
    return statuses.every(({ status }) => status === 200) ? true : undefined;
  });
  expect(gateway.stderr).toContain("worker 0 was lost");
  expect(await gateway.stop()).toBe(0);
  for (const pid of [other, next]) expect(() => process.kill(pid, 0)).toThrow();
}, 60_000);

test("workers do not outlive the process that keeps them", async () => {
  const gateway = serve({ MCPLOCAL_WORKERS: "2" });
  await gateway.ready();
  const workers = await childrenOf(gateway.pid);
  process.kill(gateway.pid, "SIGKILL");
  await waitUntil("no worker is left", () => (workers.every((pid) => !isAlive(pid)) ? true : undefined), 15_000);
}, 60_000);

test("a port that is taken is said once, and nothing is left running", async () => {
  const port = new URL(ready.gateway).port;
  const { exitCode, stderr } = await scratch.run("mcplocal", ["serve", "--workers", "2", "--port", port, "--mcpd-url", ready.api]);
  expect(exitCode).toBe(1);
  expect(stderr.match(/error: /g)).toHaveLength(1);
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is taken`);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("an answer to a server's question reaches the worker that has asked, whichever gets it", async () => {
  const fixture = startFixture("legacy");
  try {
    const admin = await RestCaller.logIn(ready);
    await admin.send("POST", "/servers", { handle: "asking", backing: { kind: "url", url: fixture.url }, projects: ["demo"] });
    const keyFile = scratch.path("gateway.key");
    writeFileSync(keyFile, (await admin.send("POST", "/gateways", { name: "workers" })).token, { mode: 0o600 });
    const gateway = serve({ MCPLOCAL_WORKERS: "3", MCPLOCAL_GATEWAY_TOKEN_FILE: keyFile });
    const client = await elicitingClient(`${await gateway.ready()}/projects/demo/mcp`);
    await waitUntil("the server is listed", async () =>
      (await client.listTools()).tools.some(({ name }) => name === "asking__test_elicitation"),
    );
    // That one worker of three has both the call and the answer each time would be a chance of 3^-12.
    for (let round = 0; round < 12; round += 1) {
      const result = await client.callTool({ name: "asking__test_elicitation", arguments: { message: `round ${round}` } });
      expect(JSON.stringify(result)).toContain("ann@example.org");
    }
    await client.close();
    expect(await gateway.stop()).toBe(0);
  } finally {
    await fixture.stop();
  }
}, 60_000);

/** A client that answers for its user, each time over a new connection. */
async function elicitingClient(url: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} }, versionNegotiation: { mode: "legacy" } });
  client.setRequestHandler("elicitation/create", async () => ({
    action: "accept" as const,
    content: { username: "ann", email: "ann@example.org" },
  }));
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${ready.token}` } },
    fetch: (target, init) => fetch(target, { ...init, keepalive: false }),
  });
  await client.connect(transport);
  return client;
}
