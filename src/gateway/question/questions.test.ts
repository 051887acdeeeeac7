/** What servers ask legacy clients, through the gateway. */
import { describe, expect, test } from "bun:test";
import { CallSignal } from "../../core/cancel-signal.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestClient } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { LiveSession } from "../session/live-session.ts";
import type { Question, QuestionReply, UpstreamCall } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const EITHER = "application/json, text/event-stream";
const OFFERED = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
const FORM = '{"message":"Which \\u0066ile?","requestedSchema":{"type":"object"},"_meta":{"progressToken":1.0},"big":12345678901234567890}';

/** A server whose tool asks this, and answers with what it was told. */
function asking(...questions: Question[]) {
  const replies: QuestionReply[] = [];
  const server = new ScriptedServer({
    lists: { tools: [toolText("a")] },
    answers: {
      "tools/call": async (call: UpstreamCall) => {
        const given = await Promise.all(questions.map((question) => call.onQuestion?.(question) ?? { errorText: '"nobody to ask"' }));
        replies.push(...given);
        return resultMessage(call.idText, `{"replies":${given.length}}`);
      },
    },
  });
  return { server, replies };
}

const elicit: Question = { method: "elicitation/create", paramsText: FORM };
const call = (client: TestClient, accept = EITHER, id = 1) => client.send("tools/call", { name: "one__a" }, { accept, id });
const errorOf = (reply: QuestionReply | undefined) => JSON.parse((reply as { errorText: string }).errorText) as { code: number };

async function setup(question: Question | Question[] = elicit, capabilities: object = OFFERED, settings = {}) {
  const { server, replies } = asking(...[question].flat());
  const gateway = await openGateway({ servers: { one: server }, settings });
  return { gateway, server, replies, client: await initialized(gateway, { capabilities }) };
}

describe("a question in the midst of a call", () => {
  test("goes to the client on the stream of the call, params byte for byte, under an id of the gateway's own", async () => {
    const { gateway, client, replies } = await setup();
    const events = readEvents(await call(client));
    let asked = await events.nextEvent();
    while (asked.data === "") asked = await events.nextEvent();
    const { self } = gateway.gateway.pipeline.link;
    const id = /^\{"jsonrpc":"2\.0","id":"([^"]+)","method":"elicitation\/create","params":(.*)\}$/.exec(asked.data);
    expect(id?.[1]).toMatch(new RegExp(`^${self}\\.[0-9a-f]{32}$`));
    expect(id?.[2]).toBe(FORM);
    const written = '{"action" : "accept","content":{"n":1.0,"big":12345678901234567890,"t":"\\u00e9"}}';
    const response = await client.post(`{"id":"${id?.[1]}","result":${written},"jsonrpc":"2.0"}`);
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 202, body: "" });
    expect(await events.next()).toMatchObject({ id: 1, result: { replies: 1 } } as object);
    expect(replies).toEqual([{ resultText: written }]);
    await gateway.gateway.close();
  });

  test("that the client turns down comes back with its error, byte for byte", async () => {
    const { gateway, client, replies } = await setup();
    const events = readEvents(await call(client));
    const { id } = await events.next();
    const error = '{"code" : -1, "message":"User rejected","data":{"x":1.0}}';
    await client.post(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`);
    await events.next();
    expect(replies).toEqual([{ errorText: error }]);
    await gateway.gateway.close();
  });

  test("goes by the stream that the client opened, where the call takes none", async () => {
    const { gateway, client, replies } = await setup();
    const events = readEvents(await client.get());
    const answer = call(client, "application/json");
    const asked = await events.next();
    expect(asked).toMatchObject({ method: "elicitation/create" });
    await client.post(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { action: "decline" } }));
    expect(await (await answer).json()).toMatchObject({ result: { replies: 1 } });
    expect(replies).toEqual([{ resultText: '{"action":"decline"}' }]);
    await gateway.gateway.close();
  });

  test("is turned down where the client reads no stream at all", async () => {
    const { gateway, client, replies } = await setup();
    await (await call(client, "application/json")).text();
    expect(errorOf(replies[0])).toMatchObject({ code: -32601 });
    await gateway.gateway.close();
  });

  test.each([
    ["what was not offered", { method: "sampling/createMessage", paramsText: "{}" }, { elicitation: {} }],
    ["forms of a URL where only forms were", { method: "elicitation/create", paramsText: '{"mode":"url"}' }, { elicitation: {} }],
    ["what no client is asked", { method: "tools/call", paramsText: "{}" }, OFFERED],
  ])("for %s is turned down without the client", async (_, question, capabilities) => {
    const { gateway, client, replies } = await setup(question, capabilities);
    const response = await call(client);
    expect(response.headers.get("content-type")).toBe("application/json");
    await response.text();
    expect(errorOf(replies[0])).toMatchObject({ code: -32601 });
    await gateway.gateway.close();
  });

  test("cannot be asked at all of a client that offers nothing", async () => {
    const { gateway, client, server } = await setup(elicit, {});
    await (await call(client)).text();
    expect(server.of("tools/call")[0]?.onQuestion).toBeUndefined();
    await gateway.gateway.close();
  });

  test("is answered once: a second answer is taken and changes nothing", async () => {
    const { gateway, client, replies } = await setup();
    const events = readEvents(await call(client));
    const { id } = await events.next();
    const answer = (n: number) => client.post(JSON.stringify({ jsonrpc: "2.0", id, result: { n } }));
    expect([(await answer(1)).status, (await answer(2)).status]).toEqual([202, 202]);
    await events.next();
    expect(replies).toEqual([{ resultText: '{"n":1}' }]);
    await gateway.gateway.close();
  });

  test("that the server takes back is taken back from the client under its own id", async () => {
    const signal = new CallSignal();
    const { gateway, client, replies } = await setup({ ...elicit, signal });
    const events = readEvents(await call(client));
    const { id } = await events.next();
    signal.abort();
    expect(await events.next()).toEqual({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } } as object);
    await events.next();
    expect(errorOf(replies[0])).toMatchObject({ code: -31099 });
    await gateway.gateway.close();
  });

  test("that nobody answers is over when its time is, for both sides", async () => {
    const { gateway, client, replies } = await setup(elicit, OFFERED, { questionTimeoutMs: 5 });
    const events = readEvents(await call(client));
    const { id } = await events.next();
    expect(await events.next()).toMatchObject({ method: "notifications/cancelled", params: { requestId: id } });
    expect(await events.next()).toMatchObject({ result: { replies: 1 } });
    expect(errorOf(replies[0])).toMatchObject({ code: -31004 });
    await gateway.gateway.close();
  });

  test("is over with its call, and the client is told", async () => {
    const { gateway, client, replies } = await setup();
    const events = readEvents(await call(client));
    const { id } = await events.next();
    await client.notify("notifications/cancelled", { requestId: 1 });
    expect(await events.next()).toMatchObject({ method: "notifications/cancelled", params: { requestId: id } });
    expect(await events.next()).toMatchObject({ error: { code: -31099 } });
    await waitUntil(() => replies.length === 1);
    expect(gateway.gateway.pipeline.questions.size).toBe(0);
    await gateway.gateway.close();
  });

  test("is over with its session", async () => {
    const { gateway, client, replies } = await setup();
    await readEvents(await call(client)).next();
    await client.end();
    await waitUntil(() => replies.length === 1);
    expect(gateway.gateway.pipeline.questions.size).toBe(0);
    await gateway.gateway.close();
  });

  test("is one of at most 64 of a session", async () => {
    const { gateway, client, replies } = await setup(Array.from({ length: 65 }, () => elicit));
    const events = readEvents(await call(client));
    for (let seen = 0; seen < 64; seen += 1) await events.next();
    expect(gateway.gateway.pipeline.questions.size).toBe(64);
    await client.notify("notifications/cancelled", { requestId: 1 });
    await waitUntil(() => replies.length === 65);
    expect(replies.map((reply) => errorOf(reply).code).filter((code) => code === -31029)).toHaveLength(1);
    await gateway.gateway.close();
  });
});

describe("a posted response", () => {
  test("with an id that is no question's is 400, and one of a question that is over is 202", async () => {
    const { gateway, client } = await setup();
    const post = async (id: unknown) => (await client.post(JSON.stringify({ jsonrpc: "2.0", id, result: {} }))).status;
    const { self } = gateway.gateway.pipeline.link;
    expect(await post(`${self}.${"0".repeat(32)}`)).toBe(202);
    for (const id of [1, "1", `${self}.1`, `${self}${"0".repeat(33)}`, `${self}.${"g".repeat(32)}`]) expect(await post(id)).toBe(400);
    await gateway.gateway.close();
  });

  test("answers no question of another session, of the same principal neither", async () => {
    const { gateway, client, replies } = await setup();
    const stranger = await initialized(gateway, { token: gateway.control.issue("demo") });
    const own = await initialized(gateway);
    const events = readEvents(await call(client));
    const { id } = await events.next();
    const body = JSON.stringify({ jsonrpc: "2.0", id, result: { stolen: true } });
    for (const other of [stranger, own]) expect((await other.post(body)).status).toBe(202);
    stranger.sessionId = client.sessionId;
    expect((await stranger.post(body)).status).toBe(404);
    expect(replies).toEqual([]);
    await client.post(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
    await events.next();
    expect(replies).toEqual([{ resultText: "{}" }]);
    await gateway.gateway.close();
  });

  test("is taken out of a batch too", async () => {
    const { server, replies } = asking(elicit);
    await using gateway = await openGateway({ servers: { one: server } });
    const client = await initialized(gateway, { capabilities: OFFERED, revision: "2025-03-26" });
    const events = readEvents(await call(client));
    const { id } = await events.next();
    const response = await client.post(JSON.stringify([{ jsonrpc: "2.0", id, result: {} }]));
    expect(response.status).toBe(202);
    await events.next();
    expect(replies).toEqual([{ resultText: "{}" }]);
  });
});

describe("a question outside of calls", () => {
  const peerOf = (server: ScriptedServer) => server.of("tools/call")[0]?.peer as LiveSession;
  const plain = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });

  test("goes to the client's open stream, and its answer to the server", async () => {
    const one = plain();
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway, { capabilities: OFFERED });
    await (await call(client)).text();
    const events = readEvents(await client.get());
    const reply = one.events.asked(peerOf(one), { method: "roots/list", paramsText: undefined });
    const asked = await events.next();
    expect(asked).toEqual({ jsonrpc: "2.0", id: expect.any(String), method: "roots/list" } as object);
    await client.post(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { roots: [] } }));
    expect(await reply).toEqual({ resultText: '{"roots":[]}' });
  });

  test("is turned down where no stream is open, nothing was offered, or the server is not in view any more", async () => {
    const [one, two] = [plain(), plain()];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway, { capabilities: OFFERED });
    await (await call(client)).text();
    const peer = peerOf(one);
    const ask = async (server: ScriptedServer) =>
      errorOf(await server.events.asked(peer, { method: "roots/list", paramsText: undefined })).code;
    expect(await ask(one)).toBe(-32601);
    const events = readEvents(await client.get());
    gateway.control.change({ projects: [{ id: "prj_demo", name: "demo", servers: ["two"], prompts: [] }] }, "projects");
    await waitUntil(() => gateway.gateway.statuses().find(({ handle }) => handle === "one")?.projects.length === 0);
    expect(await ask(one)).toBe(-32601);
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
  });
});

describe("what a client says of a question", () => {
  test("progress goes to the server that waits for it, and to no other", async () => {
    const [one, two] = [asking({ ...elicit, paramsText: '{"_meta":{"progressToken":"t"}}' }).server, asking().server];
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway, { capabilities: OFFERED });
    const events = readEvents(await call(client));
    await events.next();
    for (const progressToken of ["other", undefined, "t"]) {
      await client.notify("notifications/progress", { progressToken, progress: 1 });
    }
    const written = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}}';
    expect([one.notices, two.notices]).toEqual([[written], []]);
  });

  test("that its roots changed goes to every server in view; that it is initialized to none", async () => {
    const servers = { one: asking().server, two: asking().server, other: asking().server };
    await using gateway = await openGateway({ servers, projects: { demo: ["one", "two"], more: ["other"] } });
    const client = await initialized(gateway);
    await client.notify("notifications/initialized", {});
    await client.notify("notifications/roots/list_changed", {});
    const sent = ['{"jsonrpc":"2.0","method":"notifications/roots/list_changed","params":{}}'];
    expect([servers.one.notices, servers.two.notices, servers.other.notices]).toEqual([sent, sent, []]);
  });
});
