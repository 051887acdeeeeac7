/** Clients of one era at real servers of the other one, at URLs. */
import { afterEach, describe, expect, test } from "bun:test";
import { answerText, callOf, toolResult } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { Question, QuestionReply, UpstreamCall } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, httpUpstream } from "./http-upstream.ts";
import { startSdkV1Http } from "./sdk-v1-http.fixture.ts";
import { startSdkV2Http } from "./sdk-v2-http.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function connect(server: Disposable & { readonly url: string }) {
  const upstream = httpUpstream({
    handle: "one",
    url: server.url,
    allowLoopback: true,
    events: upstreamEvents(),
    onLost: () => {},
    limits: HTTP_LIMITS,
  });
  stops.push(
    () => server[Symbol.dispose](),
    () => upstream.close(),
  );
  upstream.start();
  return upstream;
}

const said = (result: { content: { text: string }[] }) => JSON.parse(result.content[0]?.text ?? "");

describe("a legacy client at a modern server", () => {
  const peer = () =>
    new TestPeer({
      capabilities: { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} },
      clientInfo: { name: "editor", version: "1" },
    });
  const setup = () => {
    const server = startSdkV2Http();
    return { server, upstream: connect(server) };
  };

  test("is introduced with each call", async () => {
    const { upstream } = setup();
    const { meta } = said(await toolResult(upstream, "echo", { a: 1 }, { peer: peer(), onQuestion: async () => ({ resultText: "{}" }) }));
    expect(meta).toMatchObject({
      "io.modelcontextprotocol/clientInfo": { name: "editor" },
      "io.modelcontextprotocol/clientCapabilities": { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} },
    });
  });

  test("is asked by questions of its own era, and the server gets the answers with its state", async () => {
    const { upstream, server } = setup();
    const asked: Question[] = [];
    const onQuestion = async (question: Question): Promise<QuestionReply> => {
      asked.push(question);
      return { resultText: '{"action":"accept","content":{"name":"ann"}}' };
    };
    const result = await toolResult(upstream, "elicit", {}, { peer: peer(), onQuestion });
    expect(said(result)).toEqual({ answer: { name: "ann" }, state: "état-1/+=" });
    expect(JSON.parse(asked[0]?.paramsText ?? "")).toMatchObject({ message: "who?" });
    const ids = server.of("tools/call").map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(2);
  });

  test("is asked three things at once", async () => {
    const { upstream } = setup();
    const replies: Readonly<Record<string, string>> = {
      "roots/list": '{"roots":[{"uri":"file:///x"}]}',
      "sampling/createMessage": '{"role":"assistant","content":{"type":"text","text":"hello"},"model":"m"}',
      "elicitation/create": '{"action":"accept"}',
    };
    const onQuestion = async ({ method }: Question): Promise<QuestionReply> => ({ resultText: replies[method] ?? "" });
    const result = said(await toolResult(upstream, "three", {}, { peer: peer(), onQuestion }));
    expect(result).toMatchObject({ roots: { roots: [{ uri: "file:///x" }] }, sample: { model: "m" }, url: { action: "accept" } });
  });

  test("does not see that a server only wants to be asked again", async () => {
    const { upstream } = setup();
    expect(said(await toolResult(upstream, "again", { rounds: 1 }, { peer: peer() }))).toEqual({ round: 1 });
  });

  test("gets progress under its own token, and log messages of the level that it set", async () => {
    const { upstream } = setup();
    const client = peer();
    const told: { method: string; params: Record<string, unknown> }[] = [];
    const onNotification = (text: string) => told.push(JSON.parse(text));
    await toolResult(upstream, "log", {}, { peer: client, onNotification });
    expect(told).toEqual([]);
    await answerText(upstream, callOf("logging/setLevel", { peer: client, paramsText: '{"level":"error"}' }));
    await toolResult(upstream, "log", {}, { peer: client, onNotification });
    expect(told.map(({ params }) => params.level)).toEqual(["error"]);
    const paramsText = '{"name":"progress","arguments":{},"_meta":{"progressToken":"mine"}}';
    await answerText(upstream, callOf("tools/call", { peer: client, paramsText, onNotification }));
    expect(told.slice(1).map(({ params }) => params.progressToken)).toEqual(["mine", "mine"]);
  });

  test("sees tools and their results in the form of its own era", async () => {
    const { upstream } = setup();
    const { result } = JSON.parse(await answerText(upstream, callOf("tools/list", { peer: peer() })));
    const list = result.tools.find(({ name }: { name: string }) => name === "list");
    expect(list.outputSchema).toMatchObject({ type: "object", properties: { result: { type: "array" } }, required: ["result"] });
    expect(await toolResult(upstream, "list", {}, { peer: peer() })).toMatchObject({ structuredContent: { result: [1, 2] } });
  });

  test("is told an error where the server needs what it does not offer", async () => {
    const { upstream } = setup();
    const answer = JSON.parse(await answerText(upstream, callOf("tools/call", { peer: new TestPeer(), paramsText: '{"name":"three"}' })));
    expect(answer).toMatchObject({ id: 1, error: { code: -32021 } });
  });
});

describe("a modern client at a legacy server", () => {
  const META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  };
  const setup = () => {
    const server = startSdkV1Http();
    const upstream = connect(server);
    const ask = async (method: string, params: object = {}, options: Partial<UpstreamCall> = {}) => {
      const paramsText = JSON.stringify({ _meta: META, ...params });
      return JSON.parse(await answerText(upstream, callOf(method, { era: "modern", peer: new TestPeer(), paramsText, ...options })));
    };
    return { server, upstream, ask };
  };

  test("learns what it is, and finds its lists to be its own and of the moment", async () => {
    const { ask } = setup();
    expect(await ask("server/discover")).toMatchObject({
      result: { supportedVersions: ["2026-07-28"], _meta: { "io.modelcontextprotocol/serverInfo": { name: "sdk-v1" } } },
    });
    for (const [method, params] of [["tools/list"], ["resources/list"], ["resources/read", { uri: "test://one" }]] as const) {
      expect(await ask(method, params)).toMatchObject({ result: { resultType: "complete", ttlMs: 0, cacheScope: "private" } });
    }
    expect(await ask("resources/read", { uri: "test://none" })).toMatchObject({ error: { code: -32602 } });
  });

  test("has a session of the server for each peer, which knows who it is", async () => {
    const { ask, server } = setup();
    const peer = new TestPeer({ capabilities: { elicitation: {} }, clientInfo: { name: "agent", version: "2" } });
    const { result } = await ask("tools/call", { name: "client", arguments: {} }, { peer });
    expect(JSON.parse(result.content[0].text)).toMatchObject({ is: { name: "agent" }, offers: { elicitation: {} } });
    await ask("tools/call", { name: "client", arguments: {} }, { peer });
    expect(server.sessions.size).toBe(2);
    peer.close();
  });

  test("is asked in the midst of a call, and the call goes on with the answer", async () => {
    const { ask } = setup();
    const asked: Question[] = [];
    const onQuestion = async (question: Question): Promise<QuestionReply> => {
      asked.push(question);
      return { resultText: '{"action":"accept","content":{"n":1}}' };
    };
    const peer = new TestPeer({ capabilities: { elicitation: {} } });
    const { result } = await ask("tools/call", { name: "elicit", arguments: {} }, { peer, onQuestion });
    expect(result.resultType).toBe("complete");
    expect(JSON.parse(result.content[0].text)).toEqual({ action: "accept", content: { n: 1 } });
    expect(asked).toHaveLength(1);
  });

  test("gets the log messages that this one call asks for", async () => {
    const { ask } = setup();
    const peer = new TestPeer();
    const logged = async (meta: object) => {
      const levels: string[] = [];
      const onNotification = (text: string) => levels.push(JSON.parse(text).params.level);
      const params = { name: "log", arguments: { words: ["x"] }, _meta: { ...META, ...meta } };
      await ask("tools/call", params, { peer, onNotification });
      return levels;
    };
    expect(await logged({ "io.modelcontextprotocol/logLevel": "debug" })).toEqual(["debug", "warning"]);
    expect(await logged({})).toEqual([]);
    expect(await logged({ "io.modelcontextprotocol/logLevel": "warning" })).toEqual(["warning"]);
  });
});
