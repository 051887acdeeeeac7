/**
 * Security rule 2: no client gets what is another's, although they share the connection to a server (CVE-2026-25536: one
 * transport for all clients gave the answer of one to another whose request had the same id). Ids and progress tokens are
 * mapped on each hop; who shares a process offers it nothing to ask for.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import {
  initialized,
  openGateway,
  type Reply,
  readEvents,
  type TestClient,
  type TestGateway,
  type TestServer,
} from "../../src/gateway/gateway.fixture.ts";
import { HTTP_LIMITS, httpUpstream } from "../../src/gateway/upstream/http/http-upstream.ts";
import { STDIO_LIMITS, stdioUpstream } from "../../src/gateway/upstream/stdio/stdio-upstream.ts";
import { createSseParser } from "../../src/mcp/sse.ts";
import { type KeepingHttp, startKeepingHttp } from "./fixtures/keeping-http.ts";

const EITHER = "application/json, text/event-stream";
const OFFERS = { elicitation: {}, sampling: {}, roots: {} };

function stdio(sharing: "shared" | "per_session"): TestServer {
  return ({ handle }, events) =>
    stdioUpstream({
      handle,
      command: {
        command: process.execPath,
        args: [join(import.meta.dirname, "fixtures/keeping-stdio.ts")],
        env: { PATH: process.env.PATH ?? "" },
      },
      sharing,
      era: "legacy",
      events,
      signalGroup: (pid, signal) => void process.kill(-pid, signal),
      onLost: () => {},
      log: { begin: () => (line) => line, hide: (text: string) => text, end: () => {} },
      limits: STDIO_LIMITS,
    });
}

function http({ url }: KeepingHttp): TestServer {
  return ({ handle }, events) =>
    httpUpstream({ handle, url, allowLoopback: true, era: "legacy", events, onLost: () => {}, limits: HTTP_LIMITS });
}

/** The ways in which a server is reached, and whether all clients are one to it. */
const HOPS = ["one process for all", "a process for each", "a URL without sessions", "a URL with sessions"] as const;
type Hop = (typeof HOPS)[number];
const SHARED: readonly Hop[] = ["one process for all", "a URL without sessions"];

async function withHop(hop: Hop, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  await using web = startKeepingHttp({ sessions: hop === "a URL with sessions" });
  const one = hop.startsWith("a URL") ? http(web) : stdio(hop === "a process for each" ? "per_session" : "shared");
  await using gateway = await openGateway({ servers: { one }, projects: { demo: ["one"], other: ["one"] } });
  await run(gateway);
}

/** A client of a project of its own, with a token of its own. */
function clientOf(gateway: TestGateway, project: string, capabilities: object = OFFERS): Promise<TestClient> {
  return initialized(gateway, { path: `/projects/${project}/mcp`, token: gateway.control.issue(project), capabilities });
}

const said = (reply: { result?: { content?: { text: string }[] } }) => JSON.parse(reply.result?.content?.[0]?.text ?? '"nothing"');

function call(client: TestClient, tool: string, args: object, id: unknown, meta?: object) {
  const params = { name: `one__${tool}`, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) };
  return client.request("tools/call", params, { id });
}

/** The messages of a response one by one, whether it is a stream or one answer. */
function messagesOf(response: Response): () => Promise<Reply & { readonly method?: string }> {
  const isStream = response.headers.get("content-type") === "text/event-stream";
  return isStream ? readEvents(response).next : async () => (await response.json()) as Reply;
}

/** Waits until the server holds the call under this key. Asked under an id of its own. */
async function untilKept(client: TestClient, key: string): Promise<void> {
  for (let at = 0; ; at += 1) {
    const seen = said(await call(client, "seen", {}, `look-${key}-${at}`)) as string[];
    if (seen.some((line) => line.includes('"keep"') && line.includes(key))) return;
  }
}

describe.each(HOPS)("security rule 2: over %s", (hop) => {
  test("requests of two clients with the same id are answered each with its own", () =>
    withHop(hop, async (gateway) => {
      const [mine, theirs] = [await clientOf(gateway, "demo"), await clientOf(gateway, "other")];
      for (const id of [1, "1", 0, -1, "", "mcpctl-initialize", 9007199254740991]) {
        const kept = call(theirs, "keep", { key: `k${String(id)}`, secret: "theirs" }, id);
        await untilKept(theirs, `k${String(id)}`);
        // Answered out of turn, so that whoever goes by order mixes them up too.
        expect(await call(mine, "a", { secret: "mine" }, id)).toMatchObject({ id });
        expect(said(await call(mine, "a", { secret: "mine" }, id))).toBe("mine");
        await call(theirs, "release", { key: `k${String(id)}` }, "release");
        const reply = await kept;
        expect([reply.id, said(reply)]).toEqual([id, "theirs"]);
      }
    }));

  test("however many clients ask under however few ids, each gets what it asked for", () =>
    withHop(hop, async (gateway) => {
      const clients = await Promise.all(Array.from({ length: 4 }, (_, at) => clientOf(gateway, at % 2 === 0 ? "demo" : "other")));
      const asked = fc.array(fc.tuple(fc.nat(3), fc.constantFrom<unknown>(1, 2, "1", 1.5e3, "\u0041")), { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(asked, async (list) => {
          // One client may not use an id twice at once.
          const each = new Map(list.map(([who, id]) => [`${who} ${JSON.stringify(id)}`, { who, id }]));
          await Promise.all(
            [...each].map(async ([secret, { who, id }]) => {
              const reply = await call(clients[who] as TestClient, "a", { secret }, id, { progressToken: id });
              expect([reply.id, said(reply)]).toEqual([id, secret]);
            }),
          );
        }),
        { numRuns: 25 },
      );
    }));

  test("progress goes to whose call it is about, whatever token another client has chosen", () =>
    withHop(hop, async (gateway) => {
      const [mine, theirs] = [await clientOf(gateway, "demo"), await clientOf(gateway, "other")];
      const keeping = { name: "one__keep", arguments: { key: "k-theirs", secret: "theirs" }, _meta: { progressToken: "t" } };
      const responses = theirs.send("tools/call", keeping, { accept: EITHER, id: 7 });
      await untilKept(theirs, "k-theirs");
      // Tokens that are theirs, or that the hop may have given it, in words that hide from who looks for the key too.
      const tokens = ["t", 7, ...Array.from({ length: 30 }, (_, at) => at)];
      const spies = tokens.flatMap((token) =>
        ['"progressToken"', '"progress\\u0054oken"'].map((key) => `{${key}:${JSON.stringify(token)}}`),
      );
      const spied = spies.map(async (meta, at) => {
        const params = `{"name":"one__keep","arguments":{"key":"spy${at}."},"_meta":${meta}}`;
        const response = await mine.post(`{"jsonrpc":"2.0","id":"spy-${at}","method":"tools/call","params":${params}}`, { accept: EITHER });
        return response.text();
      });
      await untilKept(mine, `spy${spies.length - 1}.`);
      expect(said(await call(theirs, "tell", { key: "k-theirs" }, "tell"))).toBe(true);
      const events = readEvents(await responses);
      expect(await events.next()).toMatchObject({ method: "notifications/progress", params: { progressToken: "t", message: "k-theirs" } });
      for (const at of spies.keys()) await call(mine, "tell", { key: `spy${at}.` }, `tell-${at}`);
      for (const at of spies.keys()) await call(mine, "release", { key: `spy${at}.` }, `release-${at}`);
      for (const [at, text] of (await Promise.all(spied)).entries()) {
        const messages = createSseParser({ maxEventBytes: 1024 * 1024 })
          .push(text)
          .filter(({ data }) => data !== "");
        const heard = messages.map(({ data }) => JSON.parse(data)).filter(({ method }) => method !== undefined);
        expect(heard.map(({ params }) => params.message)).toEqual([`spy${at}.`]);
      }
      await call(theirs, "release", { key: "k-theirs" }, "release");
      expect(said(await events.next())).toBe("theirs");
    }));

  test("what a server remembers of one client it does not have from another, unless all are one to it", () =>
    withHop(hop, async (gateway) => {
      const [mine, theirs] = [await clientOf(gateway, "demo"), await clientOf(gateway, "other")];
      await call(theirs, "a", { secret: "swordfish" }, 1);
      const seen = JSON.stringify(said(await call(mine, "seen", {}, 1)));
      expect(seen.includes("swordfish")).toBe(SHARED.includes(hop));
      // In no case does it learn who calls, or by which credential.
      for (const { token, sessionId } of [mine, theirs]) for (const secret of [token, sessionId ?? ""]) expect(seen).not.toContain(secret);
    }));

  test("nobody cancels the call of another, by any id that it may have", () =>
    withHop(hop, async (gateway) => {
      const [mine, theirs] = [await clientOf(gateway, "demo"), await clientOf(gateway, "other")];
      const kept = call(theirs, "keep", { key: "k", secret: "theirs" }, 7);
      await untilKept(theirs, "k");
      for (const requestId of [7, "7", ...Array.from({ length: 40 }, (_, at) => at), '"mcpctl"', null, [7], { toString: 7 }]) {
        expect((await mine.notify("notifications/cancelled", { requestId, reason: "evil" })).status).toBe(202);
      }
      expect(said(await call(theirs, "release", { key: "k" }, "release"))).toBe(true);
      expect(said(await kept)).toBe("theirs");
    }));

  test("no message can be hidden in another, by ends of lines between its words", () =>
    withHop(hop, async (gateway) => {
      const [mine, theirs] = [await clientOf(gateway, "demo"), await clientOf(gateway, "other")];
      const kept = call(theirs, "keep", { key: "k", secret: "theirs" }, 7);
      await untilKept(theirs, "k");
      const hidden = '{"jsonrpc":"2.0","id":"hidden","method":"tools/call","params":{"name":"release","arguments":{"key":"k"}}}';
      for (const end of ["\n", "\r\n", "\r"]) {
        const args = `{"secret":${end}${hidden}${end}}`;
        const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${end}{"name":"one__a","arguments":${args}${end}}${end}}`;
        const reply = JSON.parse(await (await mine.post(body)).text());
        expect(said(reply)).toEqual(JSON.parse(hidden));
      }
      expect((said(await call(theirs, "seen", {}, "look")) as string[]).filter((line) => line.startsWith(hidden.slice(0, 30)))).toEqual([]);
      await call(theirs, "release", { key: "k" }, "release");
      expect(said(await kept)).toBe("theirs");
    }));

  test("a server that asks hears from its own client alone, and from nobody where it serves many", () =>
    withHop(hop, async (gateway) => {
      const [mine, theirs] = [await clientOf(gateway, "demo"), await clientOf(gateway, "other")];
      const spying = readEvents(await mine.get());
      const response = await theirs.send("tools/call", { name: "one__ask", arguments: {} }, { accept: EITHER, id: 1 });
      const next = messagesOf(response);
      const questions: { id?: unknown; method?: string }[] = [];
      let message = await next();
      for (; message.method !== undefined; message = await next()) {
        questions.push(message);
        // The other client answers first; what it says is not taken.
        for (const result of [{ action: "accept", content: { stolen: true } }, { roots: [] }]) {
          await mine.post(JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
        }
        await theirs.post(JSON.stringify({ jsonrpc: "2.0", id: message.id, result: { from: "its own client" } }));
      }
      const replies = said(message) as { method: string; result?: unknown; error?: { code: number } }[];
      const codes = Object.fromEntries(replies.map(({ method, result, error }) => [method, error?.code ?? result]));
      const own = { from: "its own client" };
      // What no revision lets a server ask is refused in any case.
      expect(codes["tools/call"]).toBe(-32601);
      const asked = ["elicitation/create", "sampling/createMessage", "roots/list"];
      for (const method of asked) expect({ method, reply: codes[method] }).toEqual({ method, reply: SHARED.includes(hop) ? -32601 : own });
      expect(questions.map(({ method }) => method).toSorted()).toEqual(SHARED.includes(hop) ? [] : asked.toSorted());
      await spying.cancel();
    }));

  test("a server may not ask for what its client has not offered", () =>
    withHop(hop, async (gateway) => {
      const client = await clientOf(gateway, "demo", { roots: {} });
      const stream = readEvents(await client.get());
      const response = await client.send("tools/call", { name: "one__ask", arguments: {} }, { accept: EITHER, id: 1 });
      const next = messagesOf(response);
      const heard: (string | undefined)[] = [];
      let message = await next();
      for (; message.method !== undefined; message = await next()) {
        heard.push(message.method);
        await client.post(JSON.stringify({ jsonrpc: "2.0", id: message.id, result: { roots: [] } }));
      }
      expect(heard).toEqual(SHARED.includes(hop) ? [] : ["roots/list"]);
      const replies = said(message) as { method: string; error?: { code: number } }[];
      const refused = replies.filter(({ error }) => error?.code === -32601).map(({ method }) => method);
      expect(refused.toSorted()).toEqual(
        ["elicitation/create", "sampling/createMessage", "tools/call", ...(SHARED.includes(hop) ? ["roots/list"] : [])].toSorted(),
      );
      await stream.cancel();
    }));
});

test("security rule 2: what a client says besides calls reaches no process that others share", () =>
  withHop("one process for all", async (gateway) => {
    const mine = await clientOf(gateway, "demo");
    for (const method of [
      "notifications/roots/list_changed",
      "notifications/initialized",
      "notifications/progress",
      "notifications/evil",
    ]) {
      expect((await mine.notify(method, { progressToken: 1, progress: 1 })).status).toBe(202);
    }
    await mine.post('{"jsonrpc":"2.0","id":"ask-1","result":{"stolen":true}}');
    const seen = said(await call(mine, "seen", {}, 1)) as string[];
    expect(seen.filter((line) => line.includes("notifications/") && !line.includes("notifications/initialized"))).toEqual([]);
    expect(seen.filter((line) => line.includes("notifications/initialized"))).toHaveLength(1);
    expect(seen.filter((line) => line.includes("stolen"))).toEqual([]);
  }));
