import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import type { Backing } from "../../src/api/server-definition.ts";
import { seedProject } from "../support/seed-project.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { ModernCaller } from "./support/modern-caller.ts";
import { obligingBacking } from "./support/obliging-backing.ts";
import { isPortFree, portOf } from "./support/ports.ts";
import { processesNaming } from "./support/process-table.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const CONTENT: Backing = { kind: "builtin", name: "content" };

const scratch = new Scratch("drain");
const gateways: GatewayProcess[] = [];
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
});

/** A gateway with a call in flight, as its clients see it and as it is stopped. */
interface Busy {
  readonly url: string;
  readonly token: string;
  /** In the command line of the child that carries the call out. */
  readonly flag: string;
  /** Processes of that command line that are another gateway's. */
  readonly others: readonly number[];
  stop(): void;
  ended(): Promise<number | null>;
  stderr(): string;
}

const statusOf = async (url: string) => (await fetch(url)).status;

/** The call in flight is answered, whatever is new is refused, and nothing is left. */
async function expectDrained(busy: Busy): Promise<void> {
  const { url, token, flag, others } = busy;
  const endpoint = `${url}/projects/e2e/mcp`;
  const caller = await McpCaller.open(endpoint, token);
  const listening = await caller.listen(AbortSignal.timeout(LIMIT_MS));
  expect(listening.status).toBe(200);
  const kept = await RawSocket.open(portOf(url));
  const ask = post(url, token, caller.sessionId ?? "");
  kept.say(ask);
  await kept.until("an answer on the connection that is kept", ({ statuses }) => statuses.length === 1);
  const { reply } = await caller.begin("obliging__wait");
  const { reply: streamed } = await caller.begin("obliging__wait", { progressToken: "mine" });

  busy.stop();
  await waitUntil("readiness is withdrawn", async () => (await statusOf(`${url}/readyz`)) === 503);
  expect(await statusOf(`${url}/healthz`)).toBe(200);
  expect(await listening.text()).not.toContain('"result"');

  kept.say(ask);
  await kept.until("the end of the connection that was kept", ({ closed }) => closed);
  expect(kept.statuses).toEqual([200, 503]);
  const refused = kept.heard.slice(kept.heard.lastIndexOf("HTTP/1.1 503")).toLowerCase();
  expect(refused).toContain("\r\nconnection: close\r\n");
  expect(refused).toMatch(/\r\nretry-after: [1-9]\d*\r\n/);
  expect(refused).toContain('"code":"shutting_down"');
  expect(await new McpCaller(endpoint, token).initialize()).toMatchObject({ status: 503, json: { error: { code: "shutting_down" } } });
  expect((await caller.listen(AbortSignal.timeout(LIMIT_MS))).status).toBe(503);

  writeFileSync(`${flag}.go`, "");
  expect(await reply).toMatchObject({ status: 200, json: { result: { content: [{ type: "text" }] } } });
  const events = await streamed;
  expect(events.headers.get("content-type")).toBe("text/event-stream");
  expect(events.text).toMatch(/"progressToken":"mine"(.|\n)*"content":\[/);
  expect(await busy.ended()).toBe(0);
  expect(busy.stderr()).toMatch(/… SIGTERM: stopping\n(.*\n)*… .* up to 10 s to finish; another signal ends them\n(.*\n)*… stopped\n$/);
  expect(processesNaming(flag)).toEqual([...others]);
  expect(isPortFree(portOf(url))).toBe(true);
}

function post(url: string, token: string, sessionId: string): string {
  const body = '{"jsonrpc":"2.0","id":"kept","method":"ping"}';
  const head = ["POST /projects/e2e/mcp HTTP/1.1", `Host: ${new URL(url).host}`, `Authorization: Bearer ${token}`];
  return [...head, `Mcp-Session-Id: ${sessionId}`, "Content-Type: application/json", `Content-Length: ${body.length}`, "", body].join(
    "\r\n",
  );
}

test(
  "mcpctl up answers the call that is in flight at SIGTERM, refuses new ones, and leaves no child",
  async () => {
    const { token, flag, up } = await startObliging("up");
    await up.started();
    const url = await scratch.gatewayOf("up");
    const ended = async () => (await up.ended()).exitCode;
    await expectDrained({ url, token, flag, others: [], stop: () => up.signal("SIGTERM"), ended, stderr: () => up.stderr });
  },
  LIMIT_MS,
);

describe("mcplocal serve", () => {
  let api = "";
  let token = "";
  let keyFile = "";

  beforeAll(async () => {
    const up = scratch.upWithReadyFile("mcpd", { args: ["--config", config("mcpd", `[stdio]\ncommands = ["${process.execPath}"]`)] });
    const ready = await up.ready();
    const admin = await RestCaller.logIn(ready);
    api = ready.api;
    await admin.send("POST", "/servers", { handle: "obliging", backing: obligingBacking(scratch.path("apart.flag")) });
    await admin.send("POST", "/projects", { name: "e2e", servers: ["obliging"] });
    token = await admin.makeToken("e2e", "e2e");
    keyFile = scratch.path("edge.key");
    writeFileSync(keyFile, (await admin.send("POST", "/gateways", { name: "edge" })).token, { mode: 0o600 });
  }, LIMIT_MS);

  test.each(["enrolled", "bare"])(
    "%s, answers the call that is in flight at SIGTERM, refuses new ones, and leaves no child",
    async (kind) => {
      const flag = scratch.path("apart.flag");
      rmSync(`${flag}.go`, { force: true });
      // mcpd's own gateway runs the server too.
      const others = await waitUntil("mcpd runs the server", () => {
        const found = processesNaming(flag);
        return found.length === 1 && found;
      });
      const gateway = new GatewayProcess(api, kind === "enrolled" ? { MCPLOCAL_GATEWAY_TOKEN_FILE: keyFile } : {});
      gateways.push(gateway);
      const url = await gateway.ready();
      const stop = () => gateway.signal("SIGTERM");
      await expectDrained({ url, token, flag, others, stop, ended: () => gateway.ended(), stderr: () => gateway.stderr });
    },
    LIMIT_MS,
  );
});

describe("a modern client", () => {
  test(
    "that a call has asked something comes back to it after SIGTERM, and its stream of changes ends with a result",
    async () => {
      const { token, flag, up } = await startObliging("asked", [], "per_session");
      await up.started();
      const client = new ModernCaller(`${await scratch.gatewayOf("asked")}/mcp`, token);
      const listening = await client.send("subscriptions/listen", { notifications: { toolsListChanged: true } });
      expect(listening.headers.get("content-type")).toBe("text/event-stream");
      const { params } = await client.park("obliging__ask");
      const running = processesNaming(flag).length;
      up.signal("SIGTERM");
      expect(await listening.text()).toMatch(/subscriptions\/acknowledged(.|\n)*"resultType":"complete"/);
      const fresh = await client.send("tools/call", { name: "obliging__pid" });
      expect([fresh.status, (await fresh.json()) as unknown]).toMatchObject([503, { error: { code: "shutting_down" } }]);
      expect(processesNaming(flag)).toHaveLength(running);
      const done = await client.send("tools/call", params);
      expect(await done.json()).toMatchObject({ result: { resultType: "complete", content: [{ text: '{"action":"accept"}' }] } });
      expect((await up.ended()).exitCode).toBe(0);
      expect(up.stderr).toMatch(/in flight gets? up to 10 s to finish/);
      expect(processesNaming(flag)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "that does not come back keeps the process no longer than the limit",
    async () => {
      const limit = ["--config", config("left", "[drain]\nlimit_ms = 200")];
      const { token, flag, up } = await startObliging("left", limit, "per_session");
      await up.started();
      await new ModernCaller(`${await scratch.gatewayOf("left")}/mcp`, token).park("obliging__ask");
      up.signal("SIGTERM");
      expect((await up.ended()).exitCode).toBe(0);
      expect(up.stderr).toContain("a request in flight gets up to 0.2 s");
      expect(processesNaming(flag)).toEqual([]);
    },
    LIMIT_MS,
  );
});

test(
  "what takes longer than the limit is told that the gateway stops",
  async () => {
    const { token, up } = await startObliging("limit", ["--config", config("limit", "[drain]\nlimit_ms = 200")]);
    await up.started();
    const caller = await McpCaller.open(`${await scratch.gatewayOf("limit")}/mcp`, token);
    const { reply } = await caller.begin("obliging__hang");
    up.signal("SIGTERM");
    expect((await reply).json.error.message).toContain("the gateway is stopping");
    expect((await up.ended()).exitCode).toBe(0);
    expect(up.stderr).toContain("a request in flight gets up to 0.2 s");
  },
  LIMIT_MS,
);

test(
  "a second signal ends the calls in flight, and still leaves no child",
  async () => {
    const { token, flag, up } = await startObliging("again");
    await up.started();
    const caller = await McpCaller.open(`${await scratch.gatewayOf("again")}/mcp`, token);
    const { reply } = await caller.begin("obliging__hang");
    let answered = false;
    const answer = reply.finally(() => {
      answered = true;
    });
    up.signal("SIGINT");
    await waitUntil("it waits for the call", () => up.stderr.includes("another signal ends"));
    // One that comes within a second of the first is its echo.
    await waitUntil("the call is ended", () => {
      if (!answered) up.signal("SIGINT");
      return answered;
    });
    expect((await answer).json.error.message).toContain("the gateway is stopping");
    expect((await up.ended()).exitCode).toBe(0);
    expect(processesNaming(flag)).toEqual([]);
  },
  LIMIT_MS,
);

function config(name: string, text: string): string {
  const path = scratch.path(`${name}.toml`);
  writeFileSync(path, text);
  return path;
}

async function startObliging(name: string, args: readonly string[] = [], sharing: "shared" | "per_session" = "shared") {
  const flag = scratch.path(`${name}.flag`);
  const token = await seedProject(scratch.path(name), "e2e", { content: CONTENT, obliging: obligingBacking(flag, sharing) });
  return { token, flag, up: scratch.up(name, { args }) };
}
