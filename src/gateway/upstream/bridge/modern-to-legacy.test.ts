/** Modern callers at a legacy server that a test plays. */
import { describe, expect, test } from "bun:test";
import { callOf } from "../call.fixture.ts";
import type { LegacyCall } from "../legacy-call.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { Question, QuestionReply, UpstreamCall } from "../upstream.ts";
import { modernToLegacy } from "./modern-to-legacy.ts";

const INITIALIZED = { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "old" } };
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

function setup(answer: (call: LegacyCall) => string | Uint8Array) {
  const calls: LegacyCall[] = [];
  const ask = async (call: LegacyCall) => {
    calls.push(call);
    return answer(call);
  };
  const request = async (method: string, params: object = {}, options: Partial<UpstreamCall> = {}) => {
    const paramsText = JSON.stringify({ _meta: META, ...params });
    return String(await modernToLegacy(callOf(method, { era: "modern", paramsText, ...options }), INITIALIZED, ask));
  };
  return { calls, request };
}

const result = (text: string) => `{"jsonrpc":"2.0","id":1,"result":${text}}`;

test("a call reaches the server as a legacy one, and its answer is a modern one", async () => {
  const { calls, request } = setup(() => result('{"content":[],"n":1.0}'));
  const _meta = { ...META, progressToken: "p" };
  expect(await request("tools/call", { name: "x", _meta })).toBe(result('{"resultType":"complete","content":[],"n":1.0}'));
  expect(calls[0]).toMatchObject({ era: "legacy", paramsText: '{"_meta":{"progressToken":"p"},"name":"x"}', whole: true });
});

test("an answer in bytes is changed too", async () => {
  const { request } = setup(() => Buffer.from(result('{"s":"ä"}')));
  expect(await request("tools/call")).toBe(result('{"resultType":"complete","s":"ä"}'));
});

test("what it is is told here, from its own words", async () => {
  const { calls, request } = setup(() => "");
  expect(JSON.parse(await request("server/discover"))).toMatchObject({
    id: 1,
    result: {
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: {} },
      _meta: { "io.modelcontextprotocol/serverInfo": { name: "old" } },
    },
  });
  expect(calls).toEqual([]);
});

test.each(["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "subscriptions/listen"])(
  "%s is none of the modern era's, and does not reach the session",
  async (method) => {
    const { calls, request } = setup(() => "");
    expect(JSON.parse(await request(method))).toMatchObject({ error: { code: -32601 } });
    expect(calls).toEqual([]);
  },
);

describe("log messages", () => {
  const said = (call: LegacyCall) => {
    for (const level of ["debug", "error"]) call.onNotification?.(`{"method":"notifications/message","params":{"level":"${level}"}}`);
    call.onNotification?.('{"method":"notifications/progress","params":{}}');
    call.onNotification?.('{"method":"notifications/elicitation/complete","params":{}}');
    return result("{}");
  };
  const heard = async (meta: object) => {
    const { request, calls } = setup(said);
    const told: string[] = [];
    await request("tools/call", { _meta: { ...META, ...meta } }, { onNotification: (text) => told.push(text) });
    return [calls[0]?.logLevel, told.map((text) => JSON.parse(text)).map(({ method, params }) => params.level ?? method)];
  };

  test("come from the wanted level on, and not at all where none is wanted", async () => {
    expect(await heard({})).toEqual([undefined, ["notifications/progress"]]);
    expect(await heard({ "io.modelcontextprotocol/logLevel": "warning" })).toEqual(["warning", ["error", "notifications/progress"]]);
    expect(await heard({ "io.modelcontextprotocol/logLevel": "debug" })).toEqual(["debug", ["debug", "error", "notifications/progress"]]);
  });

  test("of a level that there is not are refused", async () => {
    const { request, calls } = setup(said);
    const _meta = { ...META, "io.modelcontextprotocol/logLevel": "loud" };
    expect(JSON.parse(await request("tools/call", { _meta }))).toMatchObject({ error: { code: -32602 } });
    expect(calls).toEqual([]);
  });
});

describe("a server that wants something opened in a browser before", () => {
  const refusal =
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"go","data":{"elicitations":[{"mode":"url","url":"https://a"}]}}}';
  const peer = new TestPeer({ capabilities: { elicitation: { url: {} } } });
  const accept = async (): Promise<QuestionReply> => ({ resultText: '{"action":"accept"}' });

  test("is asked again when the client has done it", async () => {
    const answers = [refusal, result("{}")];
    const { request, calls } = setup(() => answers.shift() ?? "");
    const asked: Question[] = [];
    const onQuestion = (question: Question) => {
      asked.push(question);
      return accept();
    };
    expect(JSON.parse(await request("tools/call", {}, { peer, onQuestion }))).toMatchObject({ result: { resultType: "complete" } });
    expect(asked.map(({ method, paramsText }) => [method, paramsText])).toEqual([
      ["elicitation/create", '{"mode":"url","url":"https://a"}'],
    ]);
    expect(calls).toHaveLength(2);
  });

  test.each<[string, Partial<UpstreamCall>, number]>([
    ["cannot be asked", { peer }, 1],
    ["knows forms alone", { peer: new TestPeer({ capabilities: { elicitation: {} } }), onQuestion: accept }, 1],
    ["declines", { peer, onQuestion: async () => ({ resultText: '{"action":"decline"}' }) }, 1],
    ["accepts again and again", { peer, onQuestion: accept }, 4],
  ])("fails with a code of this era where the client %s", async (_, options, times) => {
    const { request, calls } = setup(() => refusal);
    expect(JSON.parse(await request("tools/call", {}, options))).toMatchObject({
      id: 1,
      error: { code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } },
    });
    expect(calls).toHaveLength(times);
  });
});
