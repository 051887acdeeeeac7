/** What clients and servers leave behind when they go without a word: nothing that the gateway would hold for them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { seedProject } from "../support/seed-project.ts";
import { openEnds } from "./support/descriptors.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { childrenOf } from "./support/process-table.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { UNLIMITED } from "./support/unlimited.ts";
import type { UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";
import { METHODS, type Request } from "./support/well-behaved-answer.ts";

const LIMIT_MS = 60_000;
const SESSIONS = 10_000;
const LEAVING = 1000;
/** So many at a time, to stay below the limits that a machine may have on descriptors. */
const WAVES = 4;
const CRASHING = 200;

const scratch = new Scratch("leaks");

/** A server with sessions whose tool speaks and then says nothing more, until it is told to answer all who still wait. */
class TalkingUpstream {
  readonly #http = createServer();
  readonly #waiting = new Map<ServerResponse, number | string>();
  sessions = 0;

  async start(): Promise<void> {
    this.#http.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      this.#answer(request.method ?? "", body, response);
    });
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/mcp`;
  }

  /** Calls that have been spoken to and wait for their answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  answerAll(): void {
    for (const [response, id] of this.#waiting)
      response.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } })}\n\n`);
  }

  /** Ends the connections that wait for another request, as servers do after a while. */
  endIdle(): void {
    this.#http.closeIdleConnections();
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  #answer(method: string, body: string, response: ServerResponse): void {
    if (method !== "POST") return void response.writeHead(method === "DELETE" ? 200 : 405).end();
    const { id, method: rpc, params } = JSON.parse(body) as Request;
    if (id === undefined) return void response.writeHead(202).end();
    if (rpc === "tools/call" && params?.arguments?.text === "wait") return void this.#speak(id, response);
    if (rpc === "initialize") this.sessions += 1;
    const session = rpc === "initialize" ? { "mcp-session-id": `session-${this.sessions}` } : {};
    response.writeHead(200, { "content-type": "application/json", ...session });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result: METHODS[rpc]?.(params) ?? {} }));
  }

  #speak(id: number | string, response: ServerResponse): void {
    this.#waiting.set(response, id);
    response.on("close", () => this.#waiting.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"working"}}\n\n');
  }
}

const upstream = new TalkingUpstream();
let up: UpProcess;
let endpoint = { url: "", token: "" };
/** What the gateway has open while nobody calls. */
let quiet = { ends: 0, children: 0 };

beforeAll(async () => {
  await upstream.start();
  const talking = join(import.meta.dirname, "fixtures/talking-server.ts");
  const token = await seedProject(scratch.path("clients"), "e2e", {
    remote: { kind: "url", url: upstream.url },
    child: { kind: "stdio", command: process.execPath, args: [talking], env: {} },
  });
  up = scratch.up("clients", { args: UNLIMITED });
  await up.started();
  const url = `${await scratch.gatewayOf("clients")}/mcp`;
  endpoint = { url, token };
  const caller = await McpCaller.open(url, token);
  for (const tool of ["remote__say", "child__say"]) expect((await caller.call(tool, { text: "hello" })).status).toBe(200);
  upstream.endIdle();
  quiet = await settled(up.pid);
}, LIMIT_MS);
afterAll(() => upstream.stop());

function state(pid: number) {
  return { ends: openEnds(pid), children: childrenOf(pid).length };
}

/** What a process has open when that has not changed for a moment. */
function settled(pid: number) {
  let last = JSON.stringify(state(pid));
  let same = 0;
  return waitUntil("what is open stays the same", () => {
    const now = state(pid);
    same = JSON.stringify(now) === last ? same + 1 : 0;
    last = JSON.stringify(now);
    return same > 25 ? now : undefined;
  });
}

/** Waits until no more is open than before. */
async function expectNothingLeft({ pid }: UpProcess = up, before: typeof quiet = quiet): Promise<void> {
  let now = before;
  await waitUntil(
    "everything is let go",
    () => {
      upstream.endIdle();
      now = state(pid);
      return now.ends <= before.ends && now.children <= before.children;
    },
    20_000,
  ).catch((thrown) => {
    throw new Error(`${thrown}: ${JSON.stringify({ before, now })}`);
  });
}

/** Runs a client until it holds what it is to hold, and kills it. */
async function holdAndDie(
  what: "sessions" | "calls" | "crashes",
  count: number,
  { url, token }: { readonly url: string; readonly token: string } = endpoint,
): Promise<void> {
  const script = join(import.meta.dirname, "fixtures/leaving-client.ts");
  const client = Bun.spawn([process.execPath, script, what, url, String(count)], {
    // By default Bun has no more than 256 requests open.
    env: { ...process.env, MCPCTL_TOKEN: token, BUN_CONFIG_MAX_HTTP_REQUESTS: "2000" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await client.stdout.getReader().read();
  client.kill("SIGKILL");
  await client.exited;
  expect(new TextDecoder().decode(value)).toBe("holding\n");
}

test(
  "10,000 sessions that are opened, used and abandoned leave no descriptor and no child, though every twentieth had a stream open",
  async () => {
    const before = upstream.sessions;
    await holdAndDie("sessions", SESSIONS);
    // Each session that called the server got one of its own there: there is something to let go.
    expect(upstream.sessions - before).toBeGreaterThanOrEqual(SESSIONS / 2);
    await expectNothingLeft();
  },
  LIMIT_MS,
);

test(
  "1,000 clients' calls whose client is gone in the middle of the stream leave no descriptor",
  async () => {
    for (let wave = 0; wave < WAVES; wave += 1) {
      await holdAndDie("calls", LEAVING / WAVES);
      // A server whose call was canceled has nothing to answer any more; any other answers now, and nobody hears it.
      upstream.answerAll();
      await waitUntil("no call waits", () => upstream.waiting === 0);
    }
    await expectNothingLeft();
  },
  LIMIT_MS,
);

test(
  "200 servers on standard streams that crash leave no child and no descriptor when they are gone",
  async () => {
    await Bun.write(scratch.path("servers.toml"), '[stdio]\ncommands = ["node", "sh"]\n');
    const ready = scratch.upWithReadyFile("servers", { args: ["--config", scratch.path("servers.toml")] });
    const { api, gateway, admin } = await ready.ready();
    const rest = await RestCaller.logIn({ api, admin });
    await rest.send("POST", "/projects", { name: "crashing", servers: [] });
    const before = await settled(ready.pid);
    const script = join(import.meta.dirname, "fixtures/crashing-server.sh");
    const handles = Array.from({ length: CRASHING }, (_, index) => `crash-${index}`);
    for (const handle of handles) {
      const backing = { kind: "stdio", command: "sh", args: [script, scratch.path()] };
      await rest.send("POST", "/servers", { handle, backing, projects: ["crashing"] });
    }
    await holdAndDie("crashes", CRASHING, { url: `${gateway}/mcp`, token: await rest.makeToken("caller", "crashing") });
    // They come back on their own, so there is something to let go.
    await waitUntil("they are started again", () => childrenOf(ready.pid).length - before.children > CRASHING / 2);
    for (const handle of handles) await rest.send("DELETE", `/servers/${handle}`);
    await expectNothingLeft(ready, before);
  },
  LIMIT_MS,
);
