/** Legacy callers at a modern server that a test plays. */
import { describe, expect, test } from "bun:test";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { callOf } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { Question, QuestionReply, UpstreamCall } from "../upstream.ts";
import { LegacyToModern } from "./legacy-to-modern.ts";

const META = "io.modelcontextprotocol/";
const ALL = { sampling: {}, elicitation: { url: {} }, roots: { listChanged: true } };
const ELICIT = String.raw`{"method":"elicitation/create","params":{"message":"\u00e4","requestedSchema":{"n":1.0}}}`;

/** A server that gives these results, one after the other; the last one stays. */
function setup(...results: readonly (string | ((call: UpstreamCall) => string))[]) {
  const calls: UpstreamCall[] = [];
  const bridge = new LegacyToModern();
  const ask = async (call: UpstreamCall) => {
    const result = results[Math.min(calls.length, results.length - 1)] ?? "{}";
    calls.push(call);
    return `{"jsonrpc":"2.0","id":${call.idText},"result":${typeof result === "string" ? result : result(call)}}`;
  };
  const request = async (method: string, options: Partial<UpstreamCall> = {}) => {
    const peer = new TestPeer({ capabilities: ALL, clientInfo: { name: "editor" } });
    return String(await bridge.request(callOf(method, { peer, ...options }), ask));
  };
  const tool = (options: Partial<UpstreamCall> = {}) => request("tools/call", { paramsText: '{"name":"x"}', ...options });
  const params = (index: number) => JSON.parse(calls[index]?.paramsText ?? "");
  const pass = async (method: string) => String(await bridge.pass(callOf(method, { era: "modern" }), ask));
  return { calls, request, tool, params, pass };
}

const input = (requests: string, state = "") => `{"resultType":"input_required","inputRequests":{${requests}}${state}}`;
const replying = (resultText: string) => async (): Promise<QuestionReply> => ({ resultText });

describe("a call", () => {
  test("says who calls, in the form of the era, and passes its answer", async () => {
    const { tool, calls, params } = setup('{"resultType":"complete","content":[],"n":1.0}');
    expect(await tool({ idText: '"a"', onQuestion: replying("{}") })).toBe(
      '{"jsonrpc":"2.0","id":"a","result":{"resultType":"complete","content":[],"n":1.0}}',
    );
    expect(calls[0]).toMatchObject({ era: "modern", method: "tools/call", onQuestion: undefined });
    expect(params(0)._meta).toEqual({
      [`${META}protocolVersion`]: "2026-07-28",
      [`${META}clientCapabilities`]: { ...ALL, roots: {} },
      [`${META}clientInfo`]: { name: "editor" },
    });
  });

  test("of one that cannot be asked offers nothing that it could be asked", async () => {
    const { tool, params } = setup("{}");
    await tool();
    expect(params(0)._meta[`${META}clientCapabilities`]).toEqual({});
  });

  test("of the modern era passes as it is; what it lists of a tool's results is known when legacy callers call that", async () => {
    const list = '{"tools":[{"name":"x","outputSchema":{"anyOf":[]}}]}';
    const { pass, tool } = setup(list, '{"content":[],"structuredContent":{"n":1.0}}');
    expect(await pass("tools/list")).toContain(list);
    expect(await pass("tools/call")).toContain('"structuredContent":{"n":1.0}');
    expect(await tool()).toContain('"structuredContent":{"result":{"n":1.0}}');
  });

  test("of the gateway itself says so", async () => {
    const { request, params } = setup('{"tools":[]}');
    await request("tools/list", { peer: undefined });
    expect(params(0)._meta).toMatchObject({ [`${META}clientInfo`]: { name: "mcpctl" }, [`${META}clientCapabilities`]: {} });
  });
});

describe("what the modern era does not have", () => {
  test("ping is answered here, and so is what the server has no word for", async () => {
    const { request, calls } = setup();
    expect(JSON.parse(await request("ping"))).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    for (const method of ["resources/subscribe", "resources/unsubscribe", "initialize"]) {
      expect(JSON.parse(await request(method))).toMatchObject({ error: { code: -32601 } });
    }
    expect(calls).toEqual([]);
  });

  test("a level of log messages goes with each later call of that client", async () => {
    const { request, tool, params, calls } = setup();
    const peer = new TestPeer();
    expect(JSON.parse(await request("logging/setLevel", { peer, paramsText: '{"level":"warning"}' }))).toMatchObject({ result: {} });
    await tool({ peer });
    await tool();
    peer.logLevel = "debug";
    await tool({ peer });
    expect(calls.map((_, index) => params(index)._meta[`${META}logLevel`])).toEqual(["warning", undefined, "debug"]);
  });
});

describe("a server that asks for input", () => {
  test("gets the client's answers under its own keys, and its state as it was", async () => {
    const state = String.raw`,"requestState":"\u00e9\/+="`;
    const { tool, calls } = setup(input(`"a":${ELICIT},"b":{"method":"roots/list"}`, state), '{"content":[]}');
    const asked: Question[] = [];
    const onQuestion = async (question: Question): Promise<QuestionReply> => {
      asked.push(question);
      return { resultText: question.method === "roots/list" ? '{"roots":[]}' : '{"action":"accept","content":{"n":2.0}}' };
    };
    expect(JSON.parse(await tool({ onQuestion }))).toMatchObject({ result: { content: [] } });
    expect(asked.map(({ method, paramsText }) => [method, paramsText])).toEqual([
      ["elicitation/create", String.raw`{"message":"\u00e4","requestedSchema":{"n":1.0}}`],
      ["roots/list", undefined],
    ]);
    expect(calls[1]?.paramsText).toContain(
      String.raw`"inputResponses":{"a":{"action":"accept","content":{"n":2.0}},"b":{"roots":[]}},"requestState":"\u00e9\/+=","name":"x"`,
    );
  });

  test("asks all at the same time", async () => {
    const { tool } = setup(input(`"a":${ELICIT},"b":${ELICIT}`), "{}");
    const waiting: (() => void)[] = [];
    const onQuestion = async (): Promise<QuestionReply> => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const go of waiting) go();
      });
      return { resultText: "{}" };
    };
    expect(JSON.parse(await tool({ onQuestion }))).toMatchObject({ result: {} });
  });

  test("may ask again with other questions, and a round without state brings none", async () => {
    const { tool, params } = setup(input(`"a":${ELICIT}`, ',"requestState":"1"'), input(`"b":${ELICIT}`), '{"content":[]}');
    await tool({ onQuestion: replying("{}") });
    expect(params(1)).toMatchObject({ inputResponses: { a: {} }, requestState: "1" });
    expect(params(2).inputResponses).toEqual({ b: {} });
    expect(params(2)).not.toHaveProperty("requestState");
  });

  test("gives a page for the browser an id, which legacy clients need", async () => {
    const url = (more: string) => `{"method":"elicitation/create","params":{"mode":"url","url":"https://a"${more}}}`;
    const { tool } = setup(input(`"a":${url("")},"b":${url(',"elicitationId":"own"')}`), "{}");
    const ids: unknown[] = [];
    const onQuestion = async ({ paramsText }: Question): Promise<QuestionReply> => {
      ids.push(JSON.parse(paramsText ?? "").elicitationId);
      return { resultText: '{"action":"accept"}' };
    };
    await tool({ onQuestion });
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), "own"]);
  });

  test.each<[string, string, Partial<UpstreamCall>, string]>([
    ["nobody can be asked", input(`"a":${ELICIT}`), {}, "cannot be asked"],
    ["the client does not offer it", input(`"a":${ELICIT}`), { peer: new TestPeer(), onQuestion: replying("{}") }, "cannot be asked"],
    ["it is no question of the protocol's", input('"a":{"method":"tools/call","params":{}}'), { onQuestion: replying("{}") }, "kind"],
    ["it has no params", input('"a":{"method":"elicitation/create"}'), { onQuestion: replying("{}") }, "what"],
    ["it asks for nothing", '{"resultType":"input_required"}', { onQuestion: replying("{}") }, "which"],
    [
      "it asks for too much",
      input(Array.from({ length: 33 }, (_, n) => `"${n}":${ELICIT}`).join(",")),
      { onQuestion: replying("{}") },
      "33",
    ],
    [
      "the client will not",
      input(`"a":${ELICIT}`),
      { onQuestion: async () => ({ errorText: '{"code":-1,"message":"I will not"}' }) },
      "I will not",
    ],
    ["it is no type that a legacy client knows", '{"resultType":"task","taskId":"t"}', {}, "task"],
    ["it never has enough", input(`"a":${ELICIT}`), { onQuestion: replying("{}") }, "10 rounds"],
  ])("fails the call in words where %s", async (_, result, options, words) => {
    const { tool, request, calls } = setup(result);
    const failed = JSON.parse(await tool(options));
    expect(failed.result).toMatchObject({ isError: true, content: [{ type: "text", text: expect.stringContaining(words) }] });
    expect(JSON.stringify(failed)).not.toContain("input_required");
    const before = calls.length;
    const read = JSON.parse(await request("resources/read", options));
    expect(read).toMatchObject({ id: 1, error: { code: -32603, message: expect.stringContaining(words) } });
    expect([before, calls.length - before]).toEqual(words === "10 rounds" ? [11, 11] : [1, 1]);
  });

  test("only to be asked again is asked again", async () => {
    const { tool, params } = setup('{"resultType":"input_required","requestState":"busy"}', '{"content":[]}');
    expect(JSON.parse(await tool())).toMatchObject({ result: { content: [] } });
    expect(params(1)).toMatchObject({ requestState: "busy" });
    expect(params(1)).not.toHaveProperty("inputResponses");
  });

  test("is told nothing more once the call is canceled, and the client need not answer", async () => {
    const { tool, calls } = setup(input(`"a":${ELICIT}`));
    const signal = new CallSignal();
    let question: Question | undefined;
    const onQuestion = (asked: Question) => {
      question = asked;
      signal.abort();
      return new Promise<QuestionReply>(() => {});
    };
    await expect(tool({ onQuestion, signal })).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect(question?.signal?.aborted).toBe(true);
    expect(calls).toHaveLength(1);
    const waiting = setup('{"resultType":"input_required","requestState":"busy"}');
    const other = new CallSignal();
    const call = waiting.tool({ signal: other });
    other.abort();
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELED" });
  });

  test("one answer that is an error takes the other questions back", async () => {
    const { tool } = setup(input(`"a":${ELICIT},"b":${ELICIT}`));
    const asked: Question[] = [];
    const onQuestion = (question: Question): Promise<QuestionReply> => {
      asked.push(question);
      if (asked.length === 2) return Promise.resolve({ errorText: '{"code":-1}' });
      return new Promise((resolve) => question.signal?.addEventListener("abort", () => resolve({ errorText: "null" })));
    };
    expect(JSON.parse(await tool({ onQuestion }))).toMatchObject({ result: { isError: true } });
    expect(asked[0]?.signal?.aborted).toBe(true);
  });
});
