import { afterAll, beforeAll, expect } from "bun:test";
import { NO_REDIS, REDIS_PROGRAM, type RedisServer, startRedis } from "../support/redis-server.ts";
import { requires } from "../support/requires.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("rate-store");
const testWithRedis = requires(REDIS_PROGRAM !== null, NO_REDIS);

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (REDIS_PROGRAM !== null) redis = await startRedis();
});
afterAll(() => redis?.stop());

async function config(name: string, onFailure: "open" | "closed"): Promise<string[]> {
  const file = scratch.path(`${name}.toml`);
  await Bun.write(file, `[rate_limit]\nper_minute = 4\nstore = "${redis?.url}"\non_store_failure = "${onFailure}"\n`);
  return ["--config", file];
}

testWithRedis(
  "two gateways that share a store count together: what one has let pass the other does not",
  async () => {
    const ready = await scratch.upWithReadyFile("shared").ready();
    const args = await config("gateways", "open");
    const token = await (await RestCaller.logIn(ready)).makeToken("shared", "demo");
    await using one = new GatewayProcess(ready.api, {}, args);
    await using other = new GatewayProcess(ready.api, {}, args);
    const urls = await Promise.all([one.ready(), other.ready()]);
    const statuses: number[] = [];
    for (const url of [...urls, ...urls, ...urls]) statuses.push((await new McpCaller(`${url}/mcp`, token).initialize()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
  },
  LIMIT_MS,
);

testWithRedis(
  "with its store away a gateway refuses what it cannot count, where that is configured, and says so in a metric; with the store back it counts again",
  async () => {
    const up = scratch.upWithReadyFile("closed", { args: [...(await config("closed", "closed")), "--metrics-address", "127.0.0.1:0"] });
    const ready = await up.ready();
    const metrics = /^… metrics at (http:\S+)$/m.exec(up.stderr)?.[1] ?? "";
    const initialize = () => new McpCaller(ready.url, ready.token).initialize();
    expect((await initialize()).status).toBe(200);
    await redis?.stop();
    const refused = await waitUntil("the store is missed", async () => {
      const reply = await initialize();
      return reply.status === 503 ? reply : undefined;
    });
    expect(refused.json.error.code).toBe("limiter_unavailable");
    expect(await (await fetch(metrics)).text()).toMatch(/^mcpctl_gateway_limiter_failures_total\{limiter="calls"\} [1-9]\d*$/m);
    redis = await startRedis(redis?.port);
    await waitUntil("it counts again", async () => (await initialize()).status === 200);
  },
  LIMIT_MS,
);
