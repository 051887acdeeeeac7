/** Servers that ask a modern client in the midst of a call: the call waits, and goes on when the client is back with answers. */
import { describe, expect, test } from "bun:test";
import { CallSignal } from "../../core/cancel-signal.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { type ModernSendOptions, openGateway, type Reply, readEvents, type Setup } from "../gateway.fixture.ts";
import { LinkPair } from "../link/link-pair.fixture.ts";
import type { LinkMessage } from "../link/replica-link.ts";
import type { ParkingSettings } from "../modern-clients.ts";
import { ScriptedServer, type ServerScript, toolText } from "../scripted-upstream.fixture.ts";
import type { Question, QuestionReply, UpstreamCall } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { openState } from "./request-state.ts";

const OFFERED = { elicitation: {}, sampling: {}, roots: {} };
const EITHER = "application/json, text/event-stream";
const FORM = String.raw`{"message":"Which \u0066ile?","big":12345678901234567890}`;
const elicit = (message = "?", more: Partial<Question> = {}): Question => ({
  method: "elicitation/create",
  paramsText: JSON.stringify({ message }),
  ...more,
});
const PARKING: ParkingSettings = { parkMs: 60_000, bundleMs: 1, max: 10, maxPerPrincipal: 5 };

/** A server whose tool asks this, one round after the other, and answers with what it was told. */
function asking(rounds: readonly (readonly Question[])[], script: ServerScript = {}) {
  const replies: QuestionReply[] = [];
  const carry = async (call: UpstreamCall) => {
    for (const round of rounds) {
      replies.push(...(await Promise.all(round.map((question) => call.onQuestion?.(question) ?? { errorText: '{"code":0}' }))));
    }
    return resultMessage(call.idText, `{"resultType":"complete","done":true}`);
  };
  const server = new ScriptedServer({
    lists: { tools: [toolText("a")], prompts: ['{"name":"p"}'], resources: ['{"uri":"x://1","name":"n"}'] },
    answers: { "tools/call": carry, "prompts/get": carry, "resources/read": carry, "completion/complete": carry },
    ...script,
  });
  return { server, replies };
}

async function setup(
  rounds: readonly (readonly Question[])[] = [[elicit()]],
  parking: Partial<ParkingSettings> = {},
  more: Partial<Setup> = {},
  script: ServerScript = {},
) {
  const { server, replies } = asking(rounds, script);
  const gateway = await openGateway({ servers: { one: server }, settings: { parking: { ...PARKING, ...parking } }, ...more });
  const client = gateway.modern();
  const call = (params: object = {}, options: ModernSendOptions = {}) =>
    client.request("tools/call", { name: "one__a", arguments: { n: 1 }, ...params }, { capabilities: OFFERED, ...options });
  /** Comes back with these answers. */
  const comeBack = ({ result }: Reply, inputResponses: unknown, options: ModernSendOptions = {}) =>
    call({ inputResponses, requestState: result.requestState }, options);
  return { gateway, server, replies, client, call, comeBack };
}

const errorOf = (reply: QuestionReply | undefined) => JSON.parse((reply as { errorText: string }).errorText) as { code: number };
const ACCEPT = { q1: { action: "accept", content: { x: 1 } } };

describe("a call whose server asks", () => {
  test("is answered with what the server wants to know, and goes on with the client's answer: it is carried out once", async () => {
    const { gateway, server, replies, client } = await setup([[elicit("?", { paramsText: FORM })]]);
    const first = await client.send("tools/call", { name: "one__a", arguments: { n: 1 } }, { capabilities: OFFERED, id: "first" });
    expect(first.status).toBe(200);
    const text = await first.text();
    const asked = `{"jsonrpc":"2.0","id":"first","result":{"resultType":"input_required","inputRequests":{"q1":{"method":"elicitation/create","params":${FORM}}},"requestState":"mcpctl1.`;
    expect(text).toStartWith(asked);
    const { requestState } = JSON.parse(text).result;
    const answer = '{"action":"accept","content":{"n":1.0,"big":12345678901234567890}}';
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": OFFERED };
    const params = `{"requestState":${JSON.stringify(requestState)},"inputResponses":{"q1":${answer}},"name":"one__a","arguments":{"n":1},"_meta":${JSON.stringify(_meta)}}`;
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "one__a" };
    const done = await gateway.client().post(`{"jsonrpc":"2.0","id":"second","method":"tools/call","params":${params}}`, { headers });
    expect(await done.json()).toEqual({ jsonrpc: "2.0", id: "second", result: { resultType: "complete", done: true } });
    expect(replies).toEqual([{ resultText: answer }]);
    expect(server.of("tools/call")).toHaveLength(1);
    expect(gateway.gateway.pipeline.modern.parked.size).toBe(0);
    await gateway.gateway.close();
  });

  test("may ask again, and several things at once; answers that nobody wants are nothing", async () => {
    const { gateway, call, comeBack, replies } = await setup([
      [elicit("a"), { method: "roots/list", paramsText: undefined }],
      [elicit("b")],
    ]);
    const first = await call();
    expect(first.result.inputRequests).toEqual({
      q1: { method: "elicitation/create", params: { message: "a" } },
      q2: { method: "roots/list" },
    });
    const second = await comeBack(first, { q1: { action: "decline" }, q2: { roots: [] }, q9: { x: 1 } });
    expect(second.result.inputRequests).toEqual({ q3: { method: "elicitation/create", params: { message: "b" } } });
    expect(second.result.requestState).not.toBe(first.result.requestState);
    expect(await comeBack(second, { q3: { action: "accept" } })).toMatchObject({ result: { done: true } });
    expect(replies).toEqual([
      { resultText: '{"action":"decline"}' },
      { resultText: '{"roots":[]}' },
      { resultText: '{"action":"accept"}' },
    ]);
    await gateway.gateway.close();
  });

  test("asks again for what the client has left out", async () => {
    const { gateway, call, comeBack } = await setup([[elicit("a"), elicit("b")]]);
    const first = await call();
    const second = await comeBack(first, { q2: { action: "accept" } });
    expect(Object.keys(second.result.inputRequests)).toEqual(["q1"]);
    const third = await comeBack(second, { q1: "no object" });
    expect(Object.keys(third.result.inputRequests)).toEqual(["q1"]);
    expect(await comeBack(third, { q1: { action: "cancel" } })).toMatchObject({ result: { done: true } });
    await gateway.gateway.close();
  });

  test.each([
    ["prompts/get", { name: "one__p" }],
    ["resources/read", { uri: "x://1" }],
  ])("waits in %s too", async (method, params) => {
    const { gateway, client } = await setup();
    const first = await client.request(method, params, { capabilities: OFFERED });
    expect(first.result.resultType).toBe("input_required");
    const { requestState } = first.result;
    const done = await client.request(method, { ...params, requestState, inputResponses: ACCEPT }, { capabilities: OFFERED });
    expect(done).toMatchObject({ result: { done: true } });
    await gateway.gateway.close();
  });

  test("is not asked for anywhere else", async () => {
    const { gateway, client, server } = await setup();
    await client.request("completion/complete", { ref: { type: "ref/prompt", name: "one__p" } }, { capabilities: OFFERED });
    expect(server.of("completion/complete")[0]?.onQuestion).toBeUndefined();
    await gateway.gateway.close();
  });

  test("hears that a client does not offer this, and nothing waits", async () => {
    const { gateway, call, replies, server } = await setup([[{ method: "sampling/createMessage", paramsText: "{}" }]]);
    expect(await call({}, { capabilities: { elicitation: {} } })).toMatchObject({ result: { done: true } });
    expect(errorOf(replies[0]).code).toBe(-32601);
    await call({}, { capabilities: {} });
    expect(server.of("tools/call")[1]?.onQuestion).toBeUndefined();
    await gateway.gateway.close();
  });

  test("ends the stream on which it had begun to speak, and the retry opens another", async () => {
    const progress = (token: string, n: number) =>
      JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress: n } });
    const server = asking([], {
      answers: {
        "tools/call": async (call) => {
          call.onNotification?.(progress("one", 1));
          await call.onQuestion?.(elicit());
          call.onNotification?.(progress("one", 2));
          return resultMessage(call.idText, '{"resultType":"complete"}');
        },
      },
    }).server;
    await using gateway = await openGateway({ servers: { one: server }, settings: { parking: PARKING } });
    const client = gateway.modern();
    const open = async (params: object, progressToken: string) =>
      readEvents(
        await client.send("tools/call", { name: "one__a", ...params }, { capabilities: OFFERED, accept: EITHER, meta: { progressToken } }),
      );
    const first = await open({}, "one");
    expect(await first.next()).toMatchObject({ params: { progressToken: "one", progress: 1 } });
    const { result } = await first.next();
    await expect(first.next()).rejects.toThrow("the stream has ended");
    const second = await open({ requestState: result.requestState, inputResponses: ACCEPT }, "two");
    expect(await second.next()).toMatchObject({ params: { progressToken: "two", progress: 2 } });
    expect(await second.next()).toMatchObject({ id: 2, result: { resultType: "complete" } } as object);
    expect(server.of("tools/call")[0]?.signal.aborted).toBe(false);
  });

  test("keeps its answer where the server gave up its question, and the client gets it", async () => {
    const signal = new CallSignal();
    const { gateway, call, comeBack, replies } = await setup([[elicit("?", { signal })]]);
    const first = await call();
    signal.abort();
    await waitUntil(() => replies.length === 1);
    expect(await comeBack(first, ACCEPT)).toMatchObject({ id: 2, result: { done: true } } as object);
    expect(errorOf(replies[0]).code).toBe(-31099);
    await gateway.gateway.close();
  });
});

describe("a state that is not good", () => {
  test("is refused with the same words whatever is wrong with it, and nothing is carried out", async () => {
    const { gateway, server, call, client } = await setup();
    const { requestState } = (await call()).result as { requestState: string };
    const params = { name: "one__a", arguments: { n: 1 }, inputResponses: ACCEPT };
    const last = requestState.at(-1) === "A" ? "B" : "A";
    const tampered = await client.request(
      "tools/call",
      { ...params, requestState: requestState.slice(0, -1) + last },
      { capabilities: OFFERED },
    );
    const otherRequest = await client.request("tools/call", { ...params, arguments: { n: 2 }, requestState }, { capabilities: OFFERED });
    const stranger = gateway.modern({ token: gateway.control.issue("demo") });
    const otherPrincipal = await stranger.request("tools/call", { ...params, requestState }, { capabilities: OFFERED, id: 2 });
    const here = gateway.modern({ path: "/api/v1/mcp/one" });
    const otherPlace = await here.request("tools/call", { ...params, name: "one__a", requestState }, { capabilities: OFFERED, id: 2 });
    gateway.time.ms += 61_000;
    const expired = await client.request("tools/call", { ...params, requestState }, { capabilities: OFFERED });
    for (const answer of [tampered, otherRequest, otherPrincipal, otherPlace, expired]) {
      expect(answer.error).toEqual(tampered.error as NonNullable<Reply["error"]>);
      expect(answer.error?.code).toBe(-32602);
    }
    expect(server.of("tools/call")).toHaveLength(1);
    await gateway.gateway.close();
  });

  test("of a call that is over, or was continued already, does not carry it out again", async () => {
    const { gateway, server, call, comeBack } = await setup([[elicit("a")], [elicit("b")]]);
    const first = await call();
    const second = await comeBack(first, ACCEPT);
    expect((await comeBack(first, ACCEPT)).error).toMatchObject({ code: -32602, message: expect.stringContaining("continued already") });
    await comeBack(second, { q2: { action: "accept" } });
    expect((await comeBack(second, { q2: { action: "accept" } })).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("does not wait"),
    });
    expect(server.of("tools/call")).toHaveLength(1);
    await gateway.gateway.close();
  });

  test("that comes twice at once is good once", async () => {
    const { gateway, server, call, comeBack } = await setup();
    const first = await call();
    const both = await Promise.all([comeBack(first, ACCEPT), comeBack(first, ACCEPT)]);
    expect(both.map(({ result }) => result?.done)).toEqual([true, undefined]);
    expect(both[1]?.error).toMatchObject({ code: -32602 });
    expect(server.of("tools/call")).toHaveLength(1);
    await gateway.gateway.close();
  });

  test("of a server's own goes to a server that made it, and to no other", async () => {
    const passing: ServerScript = { modern: true, answers: { "tools/call": (call) => resultMessage(call.idText, call.paramsText ?? "") } };
    const servers = { modern: asking([], passing).server, legacy: asking([]).server };
    await using gateway = await openGateway({ servers });
    const client = gateway.modern();
    const retry = { requestState: "the server's", inputResponses: { k: { action: "accept" } } };
    for (const capabilities of [{}, OFFERED]) {
      expect((await client.request("tools/call", { name: "modern__a", ...retry }, { capabilities })).result).toMatchObject({
        name: "a",
        ...retry,
      });
      const refused = await client.request("tools/call", { name: "legacy__a", ...retry }, { capabilities });
      expect(refused.error).toMatchObject({ code: -32602 });
    }
    expect(servers.legacy.of("tools/call")).toEqual([]);
  });

  test("is missing in what is no retry: answers that nobody has asked for are left alone", async () => {
    const { gateway, call, server } = await setup();
    expect((await call({ inputResponses: ACCEPT })).result).toMatchObject({ resultType: "input_required", inputRequests: { q1: {} } });
    expect(server.of("tools/call")).toHaveLength(1);
    await gateway.gateway.close();
  });
});

describe("a call whose client does not come back", () => {
  test("is canceled when its time is up, and so is the server's question", async () => {
    const { gateway, server, call, replies } = await setup([[elicit()]], { parkMs: 5 });
    await call();
    await waitUntil(() => replies.length === 1);
    expect(server.of("tools/call")[0]?.signal).toMatchObject({ aborted: true, reason: { reason: "INPUT_TIMEOUT" } });
    expect(gateway.gateway.pipeline.modern.parked.size).toBe(0);
    await gateway.gateway.close();
  });

  test("is canceled when the gateway stops", async () => {
    const { gateway, server, call } = await setup();
    await call();
    await gateway.gateway.close();
    expect(server.of("tools/call")[0]?.signal.aborted).toBe(true);
  });

  test("does not wait beyond the call's own time: that stands still", async () => {
    const { gateway, call, comeBack } = await setup([[elicit()]], {}, { settings: { callTimeoutMs: 200, parking: PARKING } });
    const first = await call();
    gateway.time.ms += 1000;
    expect(await comeBack(first, ACCEPT)).toMatchObject({ result: { done: true } });
    await gateway.gateway.close();
  });
});

test("no more calls wait than there is room for, of one principal and in all: the server hears that nobody can be asked", async () => {
  const { gateway, call, replies } = await setup([[elicit()]], { max: 3, maxPerPrincipal: 2 });
  const stranger = gateway.modern({ token: gateway.control.issue("demo") });
  const theirs = () => stranger.request("tools/call", { name: "one__a" }, { capabilities: OFFERED });
  for (let n = 0; n < 2; n += 1) expect((await call()).result.resultType).toBe("input_required");
  expect(await call()).toMatchObject({ result: { done: true } });
  expect(errorOf(replies[0]).code).toBe(-31029);
  expect((await theirs()).result.resultType).toBe("input_required");
  expect(await theirs()).toMatchObject({ result: { done: true } });
  await gateway.gateway.close();
});

test("a client that has gone before it was asked cancels its call", async () => {
  const { gateway, server, client } = await setup([[elicit()]], { bundleMs: 60_000 });
  const leaving = new AbortController();
  const answer = client.send("tools/call", { name: "one__a" }, { capabilities: OFFERED, signal: leaving.signal });
  await waitUntil(() => server.of("tools/call").length === 1);
  leaving.abort();
  expect(await (await answer).json()).toMatchObject({ error: { code: -31099 } });
  expect(server.of("tools/call")[0]?.signal.aborted).toBe(true);
  await gateway.gateway.close();
});

describe("peers", () => {
  test("carry one such call at a time, so that what a server asks beside it belongs to it", async () => {
    const { gateway, server, call, comeBack } = await setup();
    const first = await call();
    await call();
    const [one, two] = server.of("tools/call").map(({ peer }) => peer);
    expect(one).not.toBe(two as NonNullable<typeof two>);
    expect(one).toMatchObject({ capabilities: OFFERED });
    if (one === undefined) throw new Error("there must be a peer");
    const beside = server.events.asked(one, elicit("beside"));
    const second = await comeBack(first, {});
    expect(Object.keys(second.result.inputRequests)).toEqual(["q1", "q2"]);
    await comeBack(second, { q1: { action: "accept" }, q2: { action: "decline" } });
    expect(await beside).toEqual({ resultText: '{"action":"decline"}' });
    expect(errorOf(await server.events.asked(one, elicit("nobody"))).code).toBe(-32601);
    await call();
    expect(server.of("tools/call")[2]?.peer).toBe(one);
    await gateway.gateway.close();
  });
});

describe("a retry that reaches another process", () => {
  async function two(answers?: ServerScript["answers"]) {
    const pair = new LinkPair();
    const names = ["process1", "process2"];
    const link = () => pair.of(names.shift() ?? "process3");
    const script: ServerScript = answers === undefined ? {} : { answers };
    const made = await setup([[elicit()]], {}, { link, settings: { parking: PARKING } }, script);
    const second = await made.gateway.restart();
    const there = second.modern();
    const retry = ({ result }: Reply, params: object = {}, options: ModernSendOptions = {}) =>
      there.request(
        "tools/call",
        { name: "one__a", arguments: { n: 1 }, requestState: result.requestState, inputResponses: ACCEPT, ...params },
        { capabilities: OFFERED, ...options },
      );
    const close = () => Promise.all([made.gateway, second].map(({ gateway }) => gateway.close()));
    return { ...made, pair, retry, close };
  }

  test("goes on with the call where it is held", async () => {
    const { call, retry, server, replies, close } = await two();
    const first = await call();
    expect(await retry(first, {}, { id: "elsewhere" })).toEqual({
      jsonrpc: "2.0",
      id: "elsewhere",
      result: { resultType: "complete", done: true },
    } as object);
    expect(replies).toEqual([{ resultText: '{"action":"accept","content":{"x":1}}' }]);
    expect(server.of("tools/call")).toHaveLength(1);
    await close();
  });

  test("is a clear error where that process cannot be reached, or does not hold it, and nothing is carried out again", async () => {
    const { call, retry, server, gateway, close } = await two();
    const [first, second] = [await call(), await call()];
    gateway.gateway.pipeline.modern.parked.closeAll();
    expect((await retry(first)).error).toMatchObject({ code: -32602, message: expect.stringContaining("does not wait") });
    await gateway.gateway.pipeline.link.close();
    expect((await retry(second)).error).toMatchObject({ code: -31005, data: { reason: "CALL_HELD_ELSEWHERE" } });
    expect(server.of("tools/call")).toHaveLength(2);
    await close();
  });

  test("is checked there again", async () => {
    const { gateway, call, pair, close } = await two();
    const { requestState } = (await call()).result;
    const { keyring } = gateway.gateway.pipeline.modern;
    const target = openState(keyring, requestState, gateway.time.ms)?.callId ?? "";
    const params = { name: "one__a", arguments: { n: 1 }, requestState, inputResponses: ACCEPT };
    const message = (changed: object = {}) =>
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...params, ...changed } });
    const good: LinkMessage = { kind: "retry", target, principalId: "token:tok_1", message: message() };
    const wrong = [
      { principalId: "token:tok_2" },
      { target: `process1.${"0".repeat(32)}` },
      { message: "{" },
      { message: message({ name: "x" }) },
    ];
    for (const one of wrong) expect(await pair.forge("process1", { ...good, ...one })).toEqual({ held: false });
    expect(await pair.forge("process1", good)).toMatchObject({ held: true, answer: expect.stringContaining('"done":true') });
    await close();
  });

  test("is canceled where its client goes away", async () => {
    const hanging: ServerScript["answers"] = {
      "tools/call": async (call) => {
        await call.onQuestion?.(elicit());
        return new Promise(() => {});
      },
    };
    const { call, retry, pair, server, close } = await two(hanging);
    const leaving = new AbortController();
    const answer = retry(await call(), {}, { signal: leaving.signal });
    await waitUntil(() => pair.sent.some(({ kind }) => kind === "retry"));
    leaving.abort();
    expect((await answer).error).toMatchObject({ code: -31099 });
    expect(server.of("tools/call")[0]?.signal.aborted).toBe(true);
    await close();
  });
});
