/** `mcplocal stdio` as a client starts it: against a real gateway. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../support/run-program.ts";
import { seedProject } from "../support/seed-project.ts";
import { moodyBacking } from "./support/moody-backing.ts";
import { portOf } from "./support/ports.ts";
import { isAlive } from "./support/process-table.ts";
import { programPath } from "./support/program-path.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { StdioProcess } from "./support/stdio-process.ts";
import { type Ready, ROOT } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const SEARCH = "content__evo.content.search";
const TIMEOUT_MS = 60_000;
const NAMES = expect.arrayContaining([SEARCH, "files__read_text_file"]);

const scratch = new Scratch("stdio");
const bridges: StdioProcess[] = [];
afterAll(async () => {
  await Promise.all(bridges.map((bridge) => bridge[Symbol.asyncDispose]()));
});

function start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): StdioProcess {
  const bridge = new StdioProcess(args, env);
  bridges.push(bridge);
  return bridge;
}

const call = (name: string, args: object = {}) => ({ name, arguments: args });

describe("with the demo project", () => {
  let ready: Ready;
  let admin: RestCaller;
  let token = "";

  beforeAll(async () => {
    ready = await scratch.upWithReadyFile("demo").ready();
    admin = await RestCaller.logIn(ready);
    token = ready.token;
  }, TIMEOUT_MS);

  const demo = (env: Readonly<Record<string, string | undefined>> = { MCPCTL_TOKEN: token }) =>
    start(["--project", "demo", "--url", ready.gateway], env);

  for (const [client, runtime] of [
    ["stdio-1.mjs", "node"],
    ["stdio-1.mjs", process.execPath],
    ["stdio-2.mjs", "node"],
    ["stdio-2.mjs", process.execPath],
  ] as const) {
    test(
      `a client of the official SDK (${client}) that starts it with ${runtime === "node" ? "Node" : "Bun"} lists and calls tools of both servers`,
      async () => {
        const command = [runtime, join(ROOT, "test/e2e/clients", client), programPath("mcplocal"), ready.gateway];
        const { exitCode, stdout, stderr } = await runProgram(command, { cwd: ROOT, env: { MCPCTL_TOKEN: token } });
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
        const result = JSON.parse(stdout);
        expect(result).toMatchObject({ errors: [], tools: NAMES, runtime: expect.stringMatching(runtime === "node" ? /^node / : /^bun$/) });
        expect(result.search.structuredContent.items).toHaveLength(3);
        expect(result.read.content[0].text).toStartWith("This folder is what the server 'files'");
        expect(result.counts).toEqual(Array.from({ length: 50 }, (_, n) => 1 + (n % 3)));
        expect(isAlive(result.pid)).toBe(false);
      },
      TIMEOUT_MS,
    );
  }

  test("lines that are piped in without waiting are answered in one go, and it ends", async () => {
    const bridge = demo();
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "sh", version: "1" } };
    bridge.say(
      { jsonrpc: "2.0", id: 1, method: "initialize", params },
      { jsonrpc: "2.0", method: "notifications/initialized" },
      { jsonrpc: "2.0", id: 2, method: "tools/list" },
      "this is no JSON",
      { jsonrpc: "2.0", id: 3, method: "tools/call", params: call(SEARCH, { limit: 1 }) },
    );
    bridge.hangUp();
    expect(await bridge.ended()).toBe(0);
    expect(bridge.stderr).toBe("");
    expect(bridge.messages.map(({ id }) => id).sort()).toEqual([1, 2, 3, null]);
    expect(bridge.messages.find(({ id }) => id === 1).result.protocolVersion).toBe("2025-06-18");
    expect(bridge.messages.find(({ id }) => id === 3).result.isError).not.toBe(true);
    expect(bridge.messages.find(({ id }) => id === null).error.code).toBe(-32700);
  });

  test("one server alone is reached under its own names", async () => {
    const bridge = start(["--server", "content", "--url", ready.gateway], { MCPCTL_TOKEN: token });
    await bridge.initialize();
    const { result } = await bridge.ask(1, "tools/call", call("evo.content.search", { limit: 1 }));
    expect(result.structuredContent.items).toHaveLength(1);
    bridge.hangUp();
    expect(await bridge.ended()).toBe(0);
  });

  test("a change of a list reaches the client that does nothing", async () => {
    const bridge = demo();
    await bridge.initialize();
    await bridge.ask(1, "tools/list");
    // The stream is open when the gateway has answered it; a change before that would be lost.
    await waitUntil("a change is heard of", async () => {
      await admin.send("POST", "/servers", {
        handle: `s${Date.now() % 100_000}`,
        backing: { kind: "builtin", name: "content" },
        projects: ["demo"],
      });
      return bridge.messages.some(({ method }) => method === "notifications/tools/list_changed");
    });
  });

  test("a token that is revoked ends it with exit code 1, and what waits is answered", async () => {
    const bridge = demo({ MCPCTL_TOKEN: await admin.makeToken("short", "demo") });
    await bridge.initialize();
    expect((await bridge.ask(1, "tools/list")).result.tools.length).toBeGreaterThan(0);
    await admin.revoke("short", "demo");
    const ending = bridge.ended();
    for (let id = 2; id < 500 && !bridge.messages.some(({ error }) => error?.code === -31001); id += 1) {
      bridge.say({ jsonrpc: "2.0", id, method: "ping" });
      await waitUntil("the next", () => bridge.messages.some((message) => message.id === id) || bridge.stderr !== "");
    }
    expect(await ending).toBe(1);
    expect(bridge.stderr).toMatch(/^error: HTTP 401: unauthenticated: .*\nhint: make one with 'mcpctl create mcptoken NAME -p demo/m);
  });

  test.each([
    ["a token that is unknown", `mcpctl_pat_${"x".repeat(43)}`, "demo", /^error: HTTP 401: .*\nhint: make one with/],
    ["a project that is another's", undefined, "no-such-project", /^error: HTTP 403: .*\nhint: the token must open this project/],
  ])("with %s it answers, says why, and ends with exit code 1", async (_, other, project, said) => {
    const bridge = start(["--project", project, "--url", ready.gateway], { MCPCTL_TOKEN: other ?? token });
    bridge.say({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    expect(await bridge.ended()).toBe(1);
    expect(bridge.messages).toEqual([{ jsonrpc: "2.0", id: 1, error: expect.objectContaining({ code: expect.any(Number) }) }]);
    expect(bridge.stderr).toMatch(said);
    expect(bridge.stderr).not.toContain("x".repeat(43));
  });

  test("the token may stand in a file, and one that others may read is warned of", async () => {
    const file = scratch.path("demo.token");
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    const bridge = start(["--project", "demo", "--url", ready.gateway, "--token-file", file]);
    expect((await bridge.initialize()).result.protocolVersion).toBe("2025-11-25");
    bridge.hangUp();
    expect({ exitCode: await bridge.ended(), stderr: bridge.stderr }).toEqual({ exitCode: 0, stderr: "" });
    chmodSync(file, 0o644);
    const open = start(["--project", "demo", "--url", ready.gateway, "--token-file", file]);
    open.hangUp();
    expect(await open.ended()).toBe(0);
    expect(open.stderr).toContain("chmod 600");
  });

  test("wrong usage is exit code 2, nothing is written to standard output and nothing is asked", async () => {
    for (const args of [[], ["--project", "demo", "--url", "nowhere"], ["--project", "demo", "--server", "content"]]) {
      const bridge = start(args, { MCPCTL_TOKEN: token });
      expect(await bridge.ended()).toBe(2);
      expect(bridge.lines).toEqual([]);
      expect(bridge.stderr).toMatch(/^error: .+\nhint: .+\n$/);
    }
  });

  test("SIGTERM ends it with its client still there", async () => {
    const bridge = demo();
    await bridge.initialize();
    bridge.signal("SIGTERM");
    expect(await bridge.ended()).toBe(0);
  });
});

describe("with a gateway that is lost", () => {
  const flag = () => scratch.path("flag");
  let token = "";
  beforeAll(async () => {
    token = await seedProject(scratch.path("lost"), "e2e", { moody: moodyBacking(flag()), content: { kind: "builtin", name: "content" } });
  }, TIMEOUT_MS);

  test(
    "what waits is answered with an error, and what is asked when the gateway is back works in the same session",
    async () => {
      const up = scratch.up("lost");
      await up.started();
      const gateway = await scratch.gatewayOf("lost");
      const bridge = start(["--project", "e2e", "--url", gateway], { MCPCTL_TOKEN: token });
      await bridge.initialize();
      const ids = await waitUntil("the tools are there", async () => {
        const { result } = await bridge.ask(`list-${bridge.lines.length}`, "tools/list");
        return result.tools.some(({ name }: { name: string }) => name === "moody__hang");
      });
      expect(ids).toBe(true);
      bridge.say(...[1, 2, 3].map((id) => ({ jsonrpc: "2.0", id, method: "tools/call", params: call("moody__hang") })));
      // Answered only when the calls before it were sent.
      await bridge.ask("after", "ping");
      up.signal("SIGKILL", "group");
      for (const id of [1, 2, 3])
        expect((await bridge.answerTo(id)).error).toMatchObject({ code: -31005, data: { reason: "MCP_NETWORK" } });
      await up.ended();
      expect((await bridge.ask("away", "tools/list")).error.data.reason).toBe("MCP_NETWORK");
      const args = ["--api-port", "0", "--gateway-port", String(portOf(gateway))];
      await scratch.up("lost", { args }).started();
      const { result } = await bridge.ask("back", "tools/call", call(SEARCH, { limit: 1 }));
      expect(result.structuredContent.items).toHaveLength(1);
      bridge.hangUp();
      expect(await bridge.ended()).toBe(0);
    },
    TIMEOUT_MS,
  );

  test("that never was there: the first request is answered, and it ends with exit code 1", async () => {
    const bridge = start(["--project", "e2e", "--url", "http://127.0.0.1:1"], { MCPCTL_TOKEN: token });
    bridge.say({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    expect(await bridge.ended()).toBe(1);
    expect(bridge.messages[0].error).toMatchObject({ code: -31005, message: expect.stringContaining("connection refused") });
    expect(bridge.stderr).toMatch(/^error: Cannot talk to .*\nhint: start a gateway with 'mcpctl up'/);
  });
});
