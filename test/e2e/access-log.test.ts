import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Backing } from "../../src/api/server-definition.ts";
import { seedProject } from "../support/seed-project.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { Scratch } from "./support/scratch.ts";

const LIMIT_MS = 60_000;
const CONTENT: Backing = { kind: "builtin", name: "content" };
const SEARCH = "content__evo.content.search";
const scratch = new Scratch("access-log");

function requestsIn(stderr: string): Record<string, unknown>[] {
  return stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === "request");
}

test(
  "from the level info on each request is a line, all of them by the time the process has ended; nothing confidential is in them",
  async () => {
    const token = await seedProject(scratch.path("up"), "e2e", { content: CONTENT });
    const up = scratch.up("up", { env: { MCPCTL_LOG_LEVEL: "info" } });
    await up.started();
    const gateway = await scratch.gatewayOf("up");
    const caller = await McpCaller.open(`${gateway}/projects/e2e/mcp`, token);
    const { headers } = await caller.call(SEARCH, { limit: 1 });
    await caller.call(SEARCH, { query: "swordfish-2000" });
    await new McpCaller(`${gateway}/mcp`, "mcpctl_pat_unknown-to-all").initialize();
    expect(await up.stop()).toBe(0);
    const requests = requestsIn(up.stderr);
    expect(requests.map(({ method, status }) => [method, status])).toEqual([
      ["initialize", 200],
      ["tools/call", 200],
      ["tools/call", 200],
      ["POST /mcp", 401],
    ]);
    expect(requests[1]).toMatchObject({
      level: 30,
      project: "e2e",
      server: "content",
      outcome: "ok",
      ms: expect.any(Number),
      traceId: headers.get("x-trace-id"),
      principal: expect.stringMatching(/^token:tok_/),
    });
    expect(requests[2]).toMatchObject({ outcome: "failed", code: "-32602" });
    expect(requests[3]).toMatchObject({ outcome: "refused", code: "unauthenticated" });
    for (const secret of [token, "swordfish", "unknown-to-all", caller.sessionId ?? "none"]) expect(up.stderr).not.toContain(secret);
  },
  LIMIT_MS,
);

test(
  "the configuration says so too, mcplocal serve does alike, and without either there is no line",
  async () => {
    const config = scratch.path("mcpd.toml");
    writeFileSync(config, '[log]\nlevel = "info"\n');
    const token = await seedProject(scratch.path("mcpd"), "e2e", { content: CONTENT });
    const up = scratch.up("mcpd", { args: ["--config", config] });
    await up.started();
    const api = /API\s+(\S+)/.exec(up.stdout)?.[1] ?? "";
    const callThrough = async (env: Readonly<Record<string, string>>) => {
      await using gateway = new GatewayProcess(api, env);
      await (await McpCaller.open(`${await gateway.ready()}/mcp`, token)).call(SEARCH);
      expect(await gateway.stop()).toBe(0);
      return requestsIn(gateway.stderr).map(({ method }) => method);
    };
    expect(await callThrough({ MCPCTL_LOG_LEVEL: "info" })).toEqual(["initialize", "tools/call"]);
    expect(await callThrough({})).toEqual([]);
    expect(await up.stop()).toBe(0);
    expect(requestsIn(up.stderr).length).toBeGreaterThan(0);
  },
  LIMIT_MS,
);

test("a level that there is not is said at the start", async () => {
  const run = await scratch.run("mcpctl", ["up", "--data-dir", scratch.path("no")], { MCPCTL_LOG_LEVEL: "loud" });
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: MCPCTL_LOG_LEVEL 'loud'.*\nhint: /) });
});
