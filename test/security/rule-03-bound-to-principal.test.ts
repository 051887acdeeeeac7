/**
 * Security rule 3: what somebody opened is theirs (CVE-2026-52869, CVE-2026-52870: a session id was enough to use another's
 * session). Sessions, their streams and the questions asked in them; ids that nobody guesses; and to everybody else the
 * same 404 as for what does not exist.
 */
import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { withIdentityApi } from "../../src/control/http/identity-api.fixture.ts";
import { generateCredential } from "../../src/core/credential.ts";
import {
  initialized,
  openGateway,
  type Reply,
  readEvents,
  type TestClient,
  type TestGateway,
  testProject,
} from "../../src/gateway/gateway.fixture.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { SEALED, seal } from "../../src/gateway/session/seal.ts";
import type { QuestionReply } from "../../src/gateway/upstream/upstream.ts";
import { waitUntil } from "../../src/gateway/wait-until.fixture.ts";
import { resultMessage } from "../../src/mcp/json-rpc.ts";
import { MCP_PATHS } from "./mcp-routes.ts";

const EITHER = "application/json, text/event-stream";
const ALL_PROJECTS = {
  bindings: [
    { role: "view", resource: "*" },
    { role: "run", resource: "*" },
  ],
} as const;

/** A server whose tool `a` echoes, `wait` is held until `release`, and `ask` asks its client. */
function talking() {
  const held: (() => void)[] = [];
  const replies: QuestionReply[] = [];
  const server = new ScriptedServer({
    lists: { tools: ["a", "wait", "ask"].map(toolText) },
    answers: {
      "tools/call": async (call) => {
        const { name } = JSON.parse(call.paramsText ?? "{}") as { name: string };
        if (name === "wait") {
          call.onNotification?.('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"private"}}');
          await new Promise<void>((resolve) => held.push(resolve));
        }
        if (name === "ask")
          replies.push((await call.onQuestion?.({ method: "elicitation/create", paramsText: "{}" })) ?? { errorText: "0" });
        return resultMessage(call.idText, `{"content":[{"type":"text","text":"${name} done"}]}`);
      },
    },
  });
  return { server, held, replies };
}

const open = () => {
  const { server, ...rest } = talking();
  const made = openGateway({
    servers: { one: server, two: new ScriptedServer({ lists: { tools: [toolText("a")] } }) },
    projects: { demo: ["one", "two"], other: ["one", "two"] },
  });
  return { made, server, ...rest };
};

/** What a request is answered: status and what is said, without what differs from request to request. */
async function answerOf(response: Response): Promise<{ status: number; body: unknown }> {
  const text = await response.text();
  return { status: response.status, body: text === "" ? "" : JSON.parse(text) };
}

/** Everything that can be done with a session id. */
const USES: readonly (readonly [string, (client: TestClient) => Promise<Response>])[] = [
  ["a call", (client) => client.send("tools/call", { name: "one__a" }, { id: 1 })],
  ["a list", (client) => client.send("tools/list", {}, { id: 1 })],
  ["a ping", (client) => client.send("ping", {}, { id: 1 })],
  ["a notification", (client) => client.notify("notifications/cancelled", { requestId: 1 })],
  ["a response", (client) => client.post('{"jsonrpc":"2.0","id":"aaaaaaaa.00000000000000000000000000000000","result":{}}')],
  ["a batch", (client) => client.post('[{"jsonrpc":"2.0","id":1,"method":"ping"}]')],
  ["its stream", (client) => client.get()],
  ["a stream of its, again", (client) => client.get({ "last-event-id": "aaaaaaaa.g1.0" })],
  ["its end", (client) => client.end()],
];

function usesAt(path: string): typeof USES {
  const hasStream = !path.startsWith("/api/v1/mcp/") && !path.startsWith("/emcp/");
  return USES.filter(([what]) => hasStream || what !== "its stream");
}

/** Others who may use the same path, each with a good credential of their own. */
function others({ control }: TestGateway): Record<string, string> {
  return {
    "another token of the same project and owner": control.issue("demo"),
    "a person": control.logIn("eve", ALL_PROJECTS),
    "a token that is a user's namesake": control.admit(
      generateCredential("token"),
      { kind: "token", id: "usr_1", name: "usr_1", sha: "0".repeat(64), project: "demo", ownerId: "usr_1", owner: "ann" },
      {},
    ),
    "a user of the token's id": control.admit(generateCredential("session"), { kind: "user", id: "tok_1", name: "tok_1" }, ALL_PROJECTS),
    "a JWT of the token's id": control.admit("eyJhbGciOiJFUzI1NiJ9.e30.x", { kind: "jwt", id: "tok_1", name: "tok_1" }, ALL_PROJECTS),
    "a gateway's operator": control.admit(generateCredential("operator"), { kind: "system", id: "tok_1" }, ALL_PROJECTS),
  };
}

describe.each(MCP_PATHS)("security rule 3: a session at $path", ({ path }) => {
  test("is to every other principal as one that does not exist, whatever is done with its id, and stays its owner's", async () => {
    await using gateway = await open().made;
    const owner = await initialized(gateway, { path });
    // On /mcp alone those without a project of their own are refused before: the path leads them nowhere.
    for (const [who, token] of Object.entries(others(gateway))) {
      for (const [what, use] of usesAt(path)) {
        const thief = gateway.client({ path, token });
        thief.sessionId = owner.sessionId;
        const stolen = await answerOf(await use(thief));
        thief.sessionId = seal({ current: { number: 9, key: randomBytes(32) }, previous: [] }, SEALED.session, "{}");
        const unknown = await answerOf(await use(thief));
        if (stolen.status === 403) continue;
        expect({ who, what, status: stolen.status }).toEqual({ who, what, status: 404 });
        expect(stolen).toEqual(unknown);
      }
    }
    expect(await owner.request("ping")).toMatchObject({ result: {} });
  });

  test("serves no other path, of the same principal neither", async () => {
    await using gateway = await open().made;
    const token = gateway.control.logIn("ann", ALL_PROJECTS);
    const elsewhere = ["/projects/other/mcp", "/api/v1/mcp/two", "/emcp/two", "/api/v1/projects/other/servers/one/mcp"];
    const own = path === "/mcp" ? gateway.token : token;
    const owner = await initialized(gateway, { path, token: own });
    for (const other of elsewhere) {
      const client = gateway.client({ path: other, token: own });
      client.sessionId = owner.sessionId;
      expect((await client.send("ping")).status).toBeOneOf([403, 404]);
      expect((await client.end()).status).toBeOneOf([403, 404]);
    }
    expect(await owner.request("ping")).toMatchObject({ result: {} });
  });

  test("is not opened under an id that a client has chosen: what it sends along is not taken over", async () => {
    await using gateway = await open().made;
    for (const chosen of ["fixed", "A".repeat(64), crypto.randomUUID(), ""]) {
      const client = gateway.client({ path });
      client.sessionId = chosen;
      await client.initialize();
      expect(client.sessionId).not.toBe(chosen);
      expect(client.sessionId?.length).toBeGreaterThan(64);
      const victim = gateway.client({ path });
      victim.sessionId = chosen;
      expect((await victim.send("ping")).status).toBe(404);
    }
    // Nor is one that is somebody's already.
    const mine = await initialized(gateway, { path });
    const again = gateway.client({ path });
    again.sessionId = mine.sessionId;
    await again.initialize();
    expect(again.sessionId).not.toBe(mine.sessionId);
  });

  test("is over for good when its owner ends it", async () => {
    await using gateway = await open().made;
    const owner = await initialized(gateway, { path });
    expect((await owner.end()).status).toBe(204);
    for (const [what, use] of usesAt(path)) expect({ what, status: (await use(owner)).status }).toEqual({ what, status: 404 });
    await using restarted = await gateway.restart();
    const again = restarted.client({ path });
    again.sessionId = owner.sessionId;
    expect((await again.send("ping")).status).toBe(404);
  });
});

describe("security rule 3: the id of a session", () => {
  test("has 128 random bits and more, and no part that repeats", async () => {
    await using gateway = await open().made;
    const ids = await Promise.all(Array.from({ length: 200 }, async () => (await initialized(gateway)).sessionId ?? ""));
    const bytes = ids.map((id) => Buffer.from(id, "base64url"));
    expect(new Set(ids).size).toBe(200);
    // Of every byte behind the two that say what it is, all values are about as likely: no counter, no clock.
    for (let at = 2; at < 18; at += 1) expect(new Set(bytes.map((each) => each[at])).size).toBeGreaterThan(80);
    for (const { claims } of gateway.gateway.pipeline.sessions.held()) expect(claims.id).toMatch(/^[0-9a-f]{32}$/);
  });

  test("says nothing of whose it is or for what", async () => {
    await using gateway = await open().made;
    const { sessionId = "" } = await initialized(gateway);
    const inside = Buffer.from(sessionId, "base64url").toString("latin1");
    for (const word of ["token", "tok_1", "prj_demo", "2025-11-25", "test"]) {
      expect(sessionId).not.toContain(word);
      expect(inside).not.toContain(word);
    }
  });

  test("is nobody's as soon as one character of it is another, or it is spelt another way", async () => {
    await using gateway = await open().made;
    const client = await initialized(gateway);
    const good = client.sessionId ?? "";
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.constantFrom(...alphabet), async (at, letter) => {
        client.sessionId = good.slice(0, at) + letter + good.slice(at + 1);
        expect((await client.send("ping")).status).toBe(client.sessionId === good ? 200 : 404);
      }),
      { numRuns: 200 },
    );
    for (const spelt of [
      `${good}=`,
      ` ${good}`,
      `${good}, ${good}`,
      good.toLowerCase(),
      good.slice(0, -1),
      `${good}A`,
      encodeURIComponent(`${good}%`),
    ]) {
      client.sessionId = spelt;
      // A header has no space around it: what is only spaced is the same.
      expect((await client.send("ping")).status).toBe(spelt.trim() === good ? 200 : 404);
    }
  });

  test("that was sealed for something else, by our own key too, opens nothing", async () => {
    await using gateway = await open().made;
    const keyring = { current: { number: 1, key: new Uint8Array(32).fill(7) }, previous: [] };
    const client = await initialized(gateway);
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    await client.request("ping");
    const claims = JSON.stringify([...gateway.gateway.pipeline.sessions.held()][0]?.claims ?? session?.claims);
    client.sessionId = seal(keyring, SEALED.session, claims);
    expect((await client.send("ping")).status).toBe(200);
    client.sessionId = seal(keyring, SEALED.requestState, claims);
    expect((await client.send("ping")).status).toBe(404);
  });

  test("of a project that was deleted opens nothing in another of its name", async () => {
    await using gateway = await open().made;
    const client = await initialized(gateway);
    const { projects } = gateway.control.current;
    gateway.control.change({ projects: projects.filter(({ name }) => name !== "demo") }, "projects");
    await waitUntil(() => gateway.gateway.pipeline.served.project("demo") === undefined);
    gateway.control.change({ projects: [...projects.slice(1), { ...testProject("demo", ["one"]), id: "prj_anew" }] }, "projects");
    await waitUntil(() => gateway.gateway.pipeline.served.project("demo") !== undefined);
    expect((await client.send("ping")).status).toBe(404);
  });

  test("is worth nothing without the credential that opened it", async () => {
    await using gateway = await open().made;
    const client = await initialized(gateway);
    for (const headers of [
      {},
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: `Bearer ${generateCredential("token")}` },
    ]) {
      const all = { "mcp-session-id": client.sessionId ?? "", "content-type": "application/json", ...headers };
      const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
      expect((await gateway.fetch(client.path, { method: "POST", headers: all, body })).status).toBe(401);
      expect((await gateway.fetch(client.path, { method: "DELETE", headers: all })).status).toBe(401);
    }
    expect(await client.request("ping")).toMatchObject({ result: {} });
  });
});

describe("security rule 3: a stream", () => {
  test("is taken up by its own session alone, by the same principal's other session neither", async () => {
    const { made, held } = open();
    await using gateway = await made;
    const victim = await initialized(gateway, { capabilities: { elicitation: {} } });
    const events = readEvents(await victim.send("tools/call", { name: "one__wait" }, { accept: EITHER, id: 1 }));
    let event = await events.nextEvent();
    while (event.data === "") event = await events.nextEvent();
    expect(event.data).toContain("private");
    const general = readEvents(await victim.get());
    const place = await general.nextEvent();
    const streams = [event.id, event.id.replace(/\.\d+$/, ".0"), place.id, place.id.replace(/\.\d+$/, ".0")];
    const thieves = [await initialized(gateway), await initialized(gateway, { token: gateway.control.issue("demo") })];
    for (const thief of thieves) {
      for (const id of streams) {
        const response = await thief.get({ "last-event-id": id });
        // A stream outside of calls that is not there is opened anew, and is the thief's own.
        if (response.status === 200) {
          const reader = (response.body as ReadableStream<Uint8Array>).getReader();
          const first = new TextDecoder().decode((await reader.read()).value);
          expect(first).not.toContain("private");
          await reader.cancel();
        } else expect(response.status).toBe(400);
      }
    }
    held[0]?.();
    expect(await events.next()).toMatchObject({ id: 1, result: { content: [{ text: "wait done" }] } });
    await general.cancel();
  });

  test("of calls has no event that another session hears", async () => {
    const { made, held } = open();
    await using gateway = await made;
    const [victim, spy] = [await initialized(gateway), await initialized(gateway, { token: gateway.control.issue("demo") })];
    const spying = await spy.get();
    const events = readEvents(await victim.send("tools/call", { name: "one__wait" }, { accept: EITHER, id: 1 }));
    expect(await events.next()).toMatchObject({ method: "notifications/message" });
    held[0]?.();
    await events.next();
    await spy.end();
    expect(await spying.text()).not.toContain("private");
  });
});

describe("security rule 3: a question", () => {
  async function asked() {
    const { made, replies } = open();
    const gateway = await made;
    const victim = await initialized(gateway, { capabilities: { elicitation: {} } });
    const events = readEvents(await victim.send("tools/call", { name: "one__ask" }, { accept: EITHER, id: 1 }));
    const { id } = await events.next();
    return { gateway, victim, events, id: String(id), replies };
  }

  test("is answered by the session that was asked alone", async () => {
    const { gateway, victim, events, id, replies } = await asked();
    const stolen = (from: string) => JSON.stringify({ jsonrpc: "2.0", id, result: { action: "accept", content: { from } } });
    const thieves = [
      await initialized(gateway, { capabilities: { elicitation: {} } }),
      await initialized(gateway, { token: gateway.control.issue("demo"), capabilities: { elicitation: {} } }),
      await initialized(gateway, { path: "/projects/other/mcp", token: gateway.control.issue("other") }),
    ];
    for (const thief of thieves) expect((await thief.post(stolen("a thief"))).status).toBeLessThan(500);
    expect(replies).toEqual([]);
    await victim.post(stolen("its own"));
    expect(await events.next()).toMatchObject({ id: 1 } as Reply);
    expect(replies).toEqual([{ resultText: '{"action":"accept","content":{"from":"its own"}}' }]);
    await gateway.gateway.close();
  });

  test("has an id of 128 random bits, which says nothing of the server's", async () => {
    const { gateway, id } = await asked();
    const again = await asked();
    for (const each of [id, again.id]) expect(each).toMatch(/^[0-9A-Za-z]{8}\.[0-9a-f]{32}$/);
    expect(id.slice(9)).not.toBe(again.id.slice(9));
    await Promise.all([gateway.gateway.close(), again.gateway.gateway.close()]);
  });
});

test("security rule 3: a session of mcpd is shown and ended by its user alone, and to others it is not there", () =>
  withIdentityApi(async ({ call, session }) => {
    const [root, bob] = [await session("root"), await session("bob")];
    const { body } = await call("GET", "/api/v1/sessions", { bearer: root });
    const [{ id }] = body.items as { id: string }[] as [{ id: string }];
    const theirs = await call("DELETE", `/api/v1/sessions/${id}`, { bearer: bob });
    const unknown = await call("DELETE", "/api/v1/sessions/ses_0000000000000000000000", { bearer: bob });
    expect([theirs.status, unknown.status]).toEqual([404, 404]);
    expect(JSON.stringify((await call("GET", "/api/v1/sessions", { bearer: bob })).body)).not.toContain(id);
    expect((await call("GET", "/api/v1/probe", { bearer: root })).status).toBe(200);
  }));
