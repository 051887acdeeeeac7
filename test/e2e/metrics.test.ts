import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Backing } from "../../src/api/server-definition.ts";
import { seedProject } from "../support/seed-project.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { obligingBacking } from "./support/obliging-backing.ts";
import { Scratch } from "./support/scratch.ts";
import type { UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 30_000;
const CONTENT: Backing = { kind: "builtin", name: "content" };

const scratch = new Scratch("metrics");

function metricsUrlIn(stderr: string): string | undefined {
  return /^… metrics at (http:\S+)$/m.exec(stderr)?.[1];
}

async function linesOf(url: string): Promise<string[]> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return (await response.text()).split("\n");
}

/** The value of the one series whose line begins so; undefined where there is none. */
async function valueIn(url: string, series: string): Promise<number | undefined> {
  const line = (await linesOf(url)).find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe("mcpctl up", () => {
  let up: UpProcess;
  let token = "";
  let gateway = "";
  let metrics = "";

  beforeAll(async () => {
    token = await seedProject(scratch.path("up"), "e2e", { content: CONTENT, obliging: obligingBacking(scratch.path("up.flag")) });
    up = scratch.up("up", { args: ["--metrics-address", "127.0.0.1:0"] });
    await up.started();
    gateway = await scratch.gatewayOf("up");
    metrics = metricsUrlIn(up.stderr) ?? "";
  }, LIMIT_MS);

  test("counts what clients do, under names that no client chooses", async () => {
    const caller = await McpCaller.open(`${gateway}/mcp`, token);
    await caller.call("obliging__pid");
    await caller.call("obliging__fail");
    await caller.request("tools/made-up");
    await new McpCaller(`${gateway}/mcp`, "mcpctl_pat_nobody").initialize();
    await new McpCaller(`${gateway}/api/v1/mcp/made-up`, token).initialize();
    const all = await linesOf(metrics);
    for (const line of [
      'mcpctl_gateway_requests_total{server="obliging",method="tools/call",outcome="ok",code="ok",status="200"} 1',
      'mcpctl_gateway_requests_total{server="obliging",method="tools/call",outcome="failed",code="tool_error",status="200"} 1',
      'mcpctl_gateway_requests_total{server="",method="initialize",outcome="ok",code="ok",status="200"} 1',
      'mcpctl_gateway_requests_total{server="",method="other",outcome="failed",code="-32601",status="200"} 1',
      'mcpctl_gateway_requests_total{server="",method="unread",outcome="refused",code="unauthenticated",status="401"} 1',
      'mcpctl_gateway_requests_total{server="",method="unread",outcome="refused",code="server_not_found",status="404"} 1',
      'mcpctl_gateway_request_duration_seconds_count{server="obliging",method="tools/call"} 2',
      'mcpctl_gateway_server_state{server="obliging",state="ready",reason=""} 1',
      'mcpctl_gateway_server_state{server="content",state="ready",reason=""} 1',
      'mcpctl_gateway_catalog_stale{server="obliging"} 0',
      "mcpctl_gateway_sessions_held 1",
    ]) {
      expect(all).toContain(line);
    }
    expect(all.join("\n")).not.toContain("made-up");
    expect(await valueIn(metrics, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(await valueIn(metrics, "process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(await valueIn(metrics, 'mcpctl_event_loop_lag_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
  });

  test("a process of a server that is started again is counted, and its state told", async () => {
    const caller = await McpCaller.open(`${gateway}/mcp`, token);
    process.kill(Number((await caller.call("obliging__pid")).json.result.content[0].text), "SIGKILL");
    const restarts = 'mcpctl_gateway_child_restarts_total{server="obliging"}';
    await waitUntil("the restart is counted", async () => (await valueIn(metrics, restarts)) === 1);
    const ready = 'mcpctl_gateway_server_state{server="obliging",state="ready",reason=""}';
    await waitUntil("it is ready again", async () => (await valueIn(metrics, ready)) === 1);
  });

  test("no public port has them; their own port has nothing else, and no page may read them", async () => {
    const { origin } = new URL(metrics);
    expect((await fetch(`${gateway}/metrics`)).status).toBe(404);
    const api = /API\s+(\S+)/.exec(up.stdout)?.[1];
    expect((await fetch(`${api}/metrics`)).status).toBe(404);
    expect((await fetch(`${origin}/projects/e2e/mcp`, { method: "POST" })).status).toBe(404);
    const posted = await fetch(metrics, { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await fetch(metrics, { headers: { host: "evil.example" } })).status).toBe(403);
    expect((await fetch(metrics, { headers: { origin: "https://evil.example" } })).status).toBe(403);
    expect((await fetch(metrics)).headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  });
});

test(
  "mcplocal serve has them too, where the environment says so, and else has none",
  async () => {
    const token = await seedProject(scratch.path("mcpd"), "e2e", { content: CONTENT });
    const up = scratch.up("mcpd");
    await up.started();
    expect(metricsUrlIn(up.stderr)).toBeUndefined();
    const api = /API\s+(\S+)/.exec(up.stdout)?.[1] ?? "";
    const gateway = new GatewayProcess(api, { MCPLOCAL_METRICS_LISTEN: "127.0.0.1:0" });
    afterAll(() => gateway[Symbol.asyncDispose]());
    const url = await gateway.ready();
    const metrics = await waitUntil("it says where", () => metricsUrlIn(gateway.stderr));
    await (await McpCaller.open(`${url}/mcp`, token)).call("content__evo.content.search", { limit: 1 });
    const labels = '{server="content",method="tools/call",outcome="ok",code="ok",status="200"}';
    expect(await valueIn(metrics, `mcpctl_gateway_requests_total${labels}`)).toBe(1);
    expect(await gateway.stop()).toBe(0);
  },
  LIMIT_MS,
);

test(
  "an address that is taken, or none, is said before anything is done",
  async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const up = (address: string) =>
      scratch.run("mcpctl", [
        "up",
        "--data-dir",
        scratch.path("no"),
        "--api-port",
        "0",
        "--gateway-port",
        "0",
        "--metrics-address",
        address,
      ]);
    expect(await up(`127.0.0.1:${taken.port}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: Port \d+ on 127\.0\.0\.1 is taken\nhint: .*--metrics-address/m),
    });
    const serve = new GatewayProcess("http://127.0.0.1:1", { MCPLOCAL_METRICS_LISTEN: `127.0.0.1:${taken.port}` });
    afterAll(() => serve[Symbol.asyncDispose]());
    expect(await serve.ended()).toBe(1);
    await taken.stop(true);
    expect(await up("9464")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--metrics-address '9464'") });
  },
  LIMIT_MS,
);
