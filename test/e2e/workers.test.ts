import { afterAll, beforeAll, expect, test } from "bun:test";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
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
