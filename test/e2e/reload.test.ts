/** The configuration file of a process that runs: what is written into it holds without a restart. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { readEvents } from "../../src/gateway/gateway.fixture.ts";
import { seedProject } from "../support/seed-project.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { obligingBacking } from "./support/obliging-backing.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("reload");
const gateways: GatewayProcess[] = [];
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
});

/** Puts a new file in the place of the old one, as editors do. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const times = (text: string, part: string) => text.split(part).length - 1;
const deny = (...tools: string[]) => `[security]\ndeny_tools = ${JSON.stringify(tools)}\n`;
const isListed = async (caller: McpCaller, tool: string) => (await caller.toolNames()).includes(tool);

describe("mcpctl up", () => {
  let up: UpProcess;
  let config = "";
  let flag = "";
  let url = "";
  let caller: McpCaller;
  const pid = async () => (await caller.call("obliging__pid")).json.result.content[0].text;

  beforeAll(async () => {
    flag = scratch.path("up.flag");
    config = scratch.path("up.toml");
    write(config, "");
    const token = await seedProject(scratch.path("up"), "e2e", { obliging: obligingBacking(flag) });
    up = scratch.up("up", { args: ["--config", config] });
    await up.started();
    url = await scratch.gatewayOf("up");
    caller = await McpCaller.open(`${url}/mcp`, token);
  }, LIMIT_MS);

  test("takes a file that has changed: clients hear of the tools that went, and a call in flight to one of them is answered", async () => {
    const before = await pid();
    const events = readEvents(await caller.listen(AbortSignal.timeout(LIMIT_MS)));
    const { reply } = await caller.begin("obliging__wait");
    write(config, deny("wait", "hang"));
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await isListed(caller, "obliging__wait")).toBe(false);
    expect(await caller.call("obliging__wait")).toMatchObject({ status: 403, json: { error: { code: "tool_denied" } } });
    writeFileSync(`${flag}.go`, "");
    expect(await reply).toMatchObject({ status: 200, json: { result: { content: [{ type: "text" }] } } });
    expect(await pid()).toBe(before);
    await waitUntil("it is said", () =>
      up.stderr.includes(`… ${config} was read again; from now on holds what it says of security.deny_tools\n`),
    );
    await events.cancel();
  });

  test.each([
    ["TOML that breaks off", '[security]\ndeny_tools = ["wait"', ":2:", ""],
    ["a key that there is not", "[limits]\nmax_dept = 9\n", ": there is no key 'limits.max_dept'", "hint: did you mean 'max_depth'?\n"],
    ["a value of another type", '[limits]\nmax_depth = "9"\n', ": limits.max_depth: ", ""],
    ["nothing", "\n", " is empty", ""],
  ])("says once what is wrong with a file of %s, and goes on with the settings that it has", async (_, text, place, hint) => {
    const said = `error: ${config}${place}`;
    write(config, text);
    await waitUntil("it is said", () => up.stderr.includes(said) && up.stderr.includes(hint));
    expect(up.stderr.slice(up.stderr.lastIndexOf(said))).toContain("; the settings stay as they are\n");
    write(config, text);
    up.signal("SIGHUP");
    await waitUntil("who asks is told again", () => times(up.stderr, said) === 2);
    expect(await isListed(caller, "obliging__wait")).toBe(false);
  });

  test("says what takes a restart, and takes the rest", async () => {
    write(config, '[route]\nversion = "v9"\n[rate_limit.methods]\n"tools/list" = 1\n');
    const warning = `warning: ${config}: what it says of route.version takes a restart, and does not hold yet\n`;
    await waitUntil("it is said", () => up.stderr.includes(warning));
    const applied = "security.deny_tools, rate_limit.methods\n";
    expect(up.stderr).toContain(`${config} was read again; from now on holds what it says of ${applied}`);
    expect(await caller.request("tools/list")).toMatchObject({ status: 429, json: { error: { code: "rate_limited" } } });
    expect((await fetch(`${url}/api/v9/mcp/obliging`, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${url}/api/v1/mcp/obliging`, { method: "POST" })).status).toBe(401);
  });

  test("reads it on SIGHUP, though nothing has changed", async () => {
    write(config, "[drain]\nlimit_ms = 200\n");
    await waitUntil("it is taken", () => up.stderr.includes("drain.limit_ms\n"));
    const said = `… ${config} was read again; nothing has changed that holds at once\n`;
    expect(up.stderr).not.toContain(said);
    up.signal("SIGHUP");
    await waitUntil("it is said", () => up.stderr.includes(said));
    expect(await isListed(caller, "obliging__wait")).toBe(true);
  });

  test("stops as the file says that was read last", async () => {
    const { reply } = await caller.begin("obliging__hang");
    up.signal("SIGTERM");
    expect((await reply).json.error.message).toContain("the gateway is stopping");
    expect((await up.ended()).exitCode).toBe(0);
    expect(up.stderr).toContain("a request in flight gets up to 0.2 s");
  });
});

describe("mcplocal serve", () => {
  let api = "";
  let token = "";
  let keyFile = "";

  beforeAll(async () => {
    const ready = await scratch.upWithReadyFile("mcpd").ready();
    const admin = await RestCaller.logIn(ready);
    api = ready.api;
    token = await admin.makeToken("e2e", "demo");
    keyFile = scratch.path("edge.key");
    writeFileSync(keyFile, (await admin.send("POST", "/gateways", { name: "edge" })).token, { mode: 0o600 });
  }, LIMIT_MS);

  const SEARCH = "content__evo.content.search";
  const KINDS: readonly (readonly [kind: string, workers: string])[] = [
    ["bare", "1"],
    ["enrolled", "1"],
    ["bare", "2"],
  ];

  test.each(KINDS)(
    "%s, with %s workers, takes a file that has changed, says once what is wrong with one, and reads it on SIGHUP",
    async (kind, workers) => {
      const config = scratch.path(`${kind}-${workers}.toml`);
      write(config, "[rate_limit]\nper_minute = 0\n");
      const env = { MCPLOCAL_WORKERS: workers, ...(kind === "enrolled" ? { MCPLOCAL_GATEWAY_TOKEN_FILE: keyFile } : {}) };
      const gateway = new GatewayProcess(api, env, ["--config", config]);
      gateways.push(gateway);
      const url = await gateway.ready();
      const caller = await McpCaller.open(`${url}/mcp`, token);
      expect(await isListed(caller, SEARCH)).toBe(true);
      // Requests at the same time have connections of their own, so that each worker has some.
      const together = () => Promise.all(Array.from({ length: 30 }, () => isListed(caller, SEARCH)));

      write(config, `[rate_limit]\nper_minute = 0\n${deny("evo.content.*")}`);
      await waitUntil("nobody lists it", async () => (await together()).every((listed) => !listed));
      expect((await caller.call(SEARCH, { limit: 1 })).status).toBe(403);
      const applied = "was read again; from now on holds what it says of security.deny_tools\n";
      await waitUntil("it is said", () => gateway.stderr.includes(applied));
      expect(times(gateway.stderr, applied)).toBe(1);

      write(config, "[limits]\nmax_depth = 1\n");
      await waitUntil("it is said", () => gateway.stderr.includes(`error: ${config}: limits.max_depth: `));
      expect(times(gateway.stderr, "error: ")).toBe(1);
      expect((await together()).some((listed) => listed)).toBe(false);

      gateway.signal("SIGHUP");
      await waitUntil("it is said again", () => times(gateway.stderr, `error: ${config}: limits.max_depth: `) === 2);
      write(config, "[rate_limit]\nper_minute = 0\n");
      await waitUntil("everybody lists it", async () => (await together()).every((listed) => listed));
      expect(gateway.stderr).not.toContain("was lost");
      expect(await gateway.stop()).toBe(0);
    },
    LIMIT_MS,
  );
});
