/** Clients with sessions of their own at a server that a real SDK made: it knows them, asks them, tells them, and forgets them. */
import { afterEach, describe, expect, test } from "bun:test";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { answerText, callOf, toolResult } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { Question, QuestionReply, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { HTTP_LIMITS, httpUpstream } from "./http-upstream.ts";
import { until } from "./raw-http-server.fixture.ts";
import { startSdkV1Http } from "./sdk-v1-http.fixture.ts";

const ALL = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
const SAMPLE = '{"role":"assistant","content":{"type":"text","text":"hello"},"model":"m"}';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function setup({ events = {}, ...options }: { events?: Partial<UpstreamEvents>; retryMs?: number; json?: boolean } = {}) {
  const sdk = startSdkV1Http(options);
  const limits = { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 } };
  const upstream = httpUpstream({
    handle: "one",
    url: sdk.url,
    allowLoopback: true,
    events: upstreamEvents(events),
    onLost: () => {},
    limits,
  });
  stops.push(
    () => sdk[Symbol.dispose](),
    () => upstream.close(),
  );
  upstream.start();
  return { sdk, upstream };
}

/** Answers questions of each method with the text of a result. */
function answering(replies: Readonly<Record<string, string>>) {
  const asked: Question[] = [];
  const onQuestion = async (question: Question): Promise<QuestionReply> => {
    asked.push(question);
    const resultText = replies[question.method];
    return resultText === undefined ? { errorText: '{"code":-1,"message":"I will not"}' } : { resultText };
  };
  return { asked, onQuestion };
}

const said = (result: { content: { text: string }[] }) => JSON.parse(result.content[0]?.text ?? "");

test("a server learns who each client is and what it offers, and of the gateway that it offers nothing", async () => {
  const { upstream } = setup();
  const peer = new TestPeer({ capabilities: ALL, clientInfo: { name: "editor", version: "7" } });
  expect(said(await toolResult(upstream, "client", {}, { peer }))).toEqual({
    is: { name: "editor", version: "7" },
    offers: { ...ALL, elicitation: { form: {} } },
  });
  expect(said(await toolResult(upstream, "client"))).toMatchObject({ is: { name: "mcpctl" }, offers: {} });
  expect(upstream.keepsPeers()).toBe(true);
});

describe("questions in the midst of a call", () => {
  test.each([
    ["elicit", "elicitation/create", '{"action":"accept","content":{"n":1}}'],
    ["sample", "sampling/createMessage", SAMPLE],
    ["roots", "roots/list", '{"roots":[{"uri":"file:///x"}]}'],
  ])("%s: the client's answer reaches the server", async (tool, method, reply) => {
    const { upstream } = setup();
    const { asked, onQuestion } = answering({ [method]: reply });
    const peer = new TestPeer({ capabilities: ALL });
    expect(said(await toolResult(upstream, tool, {}, { peer, onQuestion }))).toEqual(JSON.parse(reply));
    expect(asked).toEqual([expect.objectContaining({ method })]);
    if (tool === "elicit") expect(JSON.parse(asked[0]?.paramsText ?? "")).toMatchObject({ message: "who?" });
  });

  test("an error of the client's is the server's to deal with", async () => {
    const { upstream } = setup();
    const result = await toolResult(upstream, "elicit", {}, { peer: new TestPeer({ capabilities: ALL }), ...answering({}) });
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("I will not") }] });
  });

  test("a client that offers nothing is not asked, and neither is one that nobody can reach", async () => {
    const { upstream } = setup();
    const { asked, onQuestion } = answering({ "roots/list": '{"roots":[]}' });
    for (const options of [{ peer: new TestPeer(), onQuestion }, { peer: new TestPeer({ capabilities: ALL }) }]) {
      const result = await toolResult(upstream, "roots", {}, options);
      expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("Method not found") }] });
    }
    expect(asked).toEqual([]);
  });

  test("a question that the server takes back is over for the client too", async () => {
    const { upstream } = setup();
    const over = Promise.withResolvers<void>();
    const onQuestion = ({ signal }: Question) =>
      new Promise<QuestionReply>((resolve) => {
        signal?.addEventListener("abort", () => {
          over.resolve();
          resolve({ resultText: '{"action":"accept"}' });
        });
      });
    const notices: string[] = [];
    const options = { peer: new TestPeer({ capabilities: ALL }), onQuestion, onNotification: (text: string) => notices.push(text) };
    expect(said(await toolResult(upstream, "give-up", {}, options))).toBe("given up");
    await over.promise;
    // Its id is the server's own, and would be another request of the client's.
    expect(notices).toEqual([]);
  });

  test("a call that is canceled takes its questions with it, and the server hears of it", async () => {
    const { upstream, sdk } = setup();
    const asked = Promise.withResolvers<Question>();
    const onQuestion = (question: Question) => {
      asked.resolve(question);
      return new Promise<QuestionReply>(() => {});
    };
    const signal = new CallSignal();
    const call = toolResult(upstream, "elicit", {}, { peer: new TestPeer({ capabilities: ALL }), onQuestion, signal });
    const question = await asked.promise;
    const before = sdk.requests.length;
    signal.abort();
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect(question.signal?.aborted).toBe(true);
    await until(() => sdk.requests.length > before);
  });

  test("two clients that are asked at the same time each answer in their own session", async () => {
    const { upstream } = setup();
    const replies = ["a", "b"].map((name) => `{"action":"accept","content":{"name":"${name}"}}`);
    const waiting: (() => void)[] = [];
    const calls = replies.map((resultText) => {
      const onQuestion = async (): Promise<QuestionReply> => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { resultText };
      };
      return toolResult(upstream, "elicit", {}, { peer: new TestPeer({ capabilities: ALL }), onQuestion });
    });
    await until(() => waiting.length === 2);
    for (const go of waiting.reverse()) go();
    expect((await Promise.all(calls)).map((result) => said(result).content.name)).toEqual(["a", "b"]);
  });
});

describe("log messages", () => {
  const logging = async (upstream: ReturnType<typeof setup>["upstream"], peer: TestPeer) => {
    const heard: string[] = [];
    const onNotification = (text: string) => heard.push(JSON.parse(text).params.level);
    await toolResult(upstream, "log", { words: ["x"] }, { peer, onNotification });
    return heard;
  };

  test("the server hears which ones a client wants before its next call, and once", async () => {
    const { upstream, sdk } = setup();
    const peer = new TestPeer();
    peer.logLevel = "warning";
    const other = new TestPeer();
    other.logLevel = "debug";
    expect([await logging(upstream, peer), await logging(upstream, other)]).toEqual([["warning"], ["debug", "warning"]]);
    const before = sdk.requests.length;
    await logging(upstream, peer);
    expect(sdk.requests.length).toBe(before + 1);
    peer.logLevel = "debug";
    expect(await logging(upstream, peer)).toEqual(["debug", "warning"]);
  });

  test("a level that the client sets itself is not told twice", async () => {
    const { upstream, sdk } = setup();
    const peer = new TestPeer();
    await logging(upstream, peer);
    peer.logLevel = "debug";
    await answerText(upstream, callOf("logging/setLevel", { peer, paramsText: '{"level":"debug"}' }));
    const before = sdk.requests.length;
    expect(await logging(upstream, peer)).toEqual(["debug", "warning"]);
    expect(sdk.requests.length).toBe(before + 1);
  });

  test("a session that was opened anew is told again", async () => {
    const { upstream, sdk } = setup();
    const peer = new TestPeer();
    peer.logLevel = "warning";
    await logging(upstream, peer);
    sdk.forget();
    expect(await logging(upstream, peer)).toEqual(["warning"]);
  });
});

describe("the stream of a session", () => {
  const gets = (requests: readonly string[], of: string) => requests.filter((line) => line.startsWith(`GET ${of}`)).length;

  test("is read while its client listens, and what comes goes to that client alone", async () => {
    const heard: [unknown, string][] = [];
    const { upstream, sdk } = setup({ events: { notified: (peer, text) => heard.push([peer, JSON.parse(text).params.data]) } });
    const [mine, theirs] = [new TestPeer(), new TestPeer()];
    theirs.listens = true;
    await toolResult(upstream, "client", {}, { peer: mine });
    const [own, first] = [...sdk.sessions.keys()];
    await until(() => gets(sdk.requests, own ?? "") === 1);
    expect(gets(sdk.requests, first ?? "")).toBe(0);
    await toolResult(upstream, "client", {}, { peer: theirs });
    mine.listen(true);
    await until(() => sdk.requests.filter((line) => line.startsWith("GET")).length === 3);
    for (const peer of [mine, theirs]) await toolResult(upstream, "later", { what: "log" }, { peer });
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      [mine, "later"],
      [theirs, "later"],
    ]);
  });

  test("a question in it reaches the client, and the answer the server", async () => {
    const asked: unknown[] = [];
    const events: Partial<UpstreamEvents> = {
      asked: async (peer, { method }) => {
        asked.push(peer, method);
        return { resultText: '{"action":"decline"}' };
      },
    };
    const { upstream, sdk } = setup({ events });
    const peer = new TestPeer({ capabilities: ALL });
    peer.listens = true;
    await toolResult(upstream, "client", {}, { peer });
    await until(() => sdk.requests.filter((line) => line.startsWith("GET")).length === 2);
    await toolResult(upstream, "later", { what: "ask" }, { peer });
    const [, session] = [...sdk.sessions.values()];
    await until(() => session?.notified.includes("reply decline") ?? false);
    expect(asked).toEqual([peer, "elicitation/create"]);
  });

  test("is closed when its client stops to listen, and read on from the last event when it begins again", async () => {
    const heard: string[] = [];
    const { upstream, sdk } = setup({ events: { notified: (_, text) => heard.push(text) } });
    const peer = new TestPeer();
    peer.listens = true;
    await toolResult(upstream, "client", {}, { peer });
    const [, id] = [...sdk.sessions.keys()];
    await until(() => gets(sdk.requests, id ?? "") === 1);
    await toolResult(upstream, "later", { what: "log" }, { peer });
    await until(() => heard.length === 1);
    peer.listen(false);
    await toolResult(upstream, "later", { what: "log" }, { peer });
    await toolResult(upstream, "client", {}, { peer });
    expect(heard).toHaveLength(1);
    peer.listen(true);
    await until(() => heard.length === 2);
  });

  test("nothing is held for a client that is gone, and its session is ended", async () => {
    const { upstream, sdk } = setup();
    const peer = new TestPeer();
    peer.listens = true;
    await toolResult(upstream, "client", {}, { peer });
    expect(sdk.sessions.size).toBe(2);
    peer.close();
    await until(() => sdk.sessions.size === 1);
    expect(peer.held).toBe(0);
  });

  test("an upstream that is closed ends the sessions of its clients, who live on", async () => {
    const { upstream, sdk } = setup();
    const peers = [new TestPeer(), new TestPeer()];
    for (const peer of peers) await toolResult(upstream, "client", {}, { peer });
    await upstream.close();
    expect(sdk.sessions.size).toBe(0);
    expect(peers.map(({ held }) => held)).toEqual([0, 0]);
  });
});

describe("a server that asks for a call on the session's stream", () => {
  const accept = '{"action":"accept","content":{}}';

  test("asks in the call where the client reads no stream and has no other on its way, and logs there", async () => {
    const { upstream, sdk } = setup({ events: { asked: () => Promise.reject(new Error("it is that call's")) } });
    const { asked, onQuestion } = answering({ "elicitation/create": accept });
    const peer = new TestPeer({ capabilities: ALL });
    const logged: string[] = [];
    const onNotification = (message: string) => logged.push(JSON.parse(message).params.data);
    expect(said(await toolResult(upstream, "elicit-apart", {}, { peer, onQuestion, onNotification }))).toEqual(JSON.parse(accept));
    expect([asked.length, logged]).toEqual([1, ["asking"]]);
    // The stream stands before the first call, whose question would be lost else.
    const [, id] = [...sdk.sessions.keys()];
    const own = sdk.requests.filter((line) => line.includes(id ?? "")).map((line) => line.slice(0, 4));
    expect(own.slice(0, 3)).toEqual(["POST", "GET ", "POST"]);
  });

  test("asks the client where it reads a stream, or has several calls on their way", async () => {
    const others: unknown[] = [];
    const events: Partial<UpstreamEvents> = {
      asked: async (peer) => {
        others.push(peer);
        return { resultText: accept };
      },
    };
    const { upstream } = setup({ events });
    const own = () => Promise.reject(new Error("it is not known whose it is"));
    const listening = new TestPeer({ capabilities: ALL });
    listening.listens = true;
    await toolResult(upstream, "elicit-apart", {}, { peer: listening, onQuestion: own });
    const busy = new TestPeer({ capabilities: ALL });
    const signal = new CallSignal();
    const waiting = toolResult(upstream, "wait", {}, { peer: busy, signal, idText: "2" }).catch(() => {});
    await toolResult(upstream, "elicit-apart", {}, { peer: busy, onQuestion: own });
    signal.abort();
    await waiting;
    expect(others).toEqual([listening, busy]);
  });

  test("is not read for a client that cannot be asked and does not listen", async () => {
    const { upstream, sdk } = setup();
    await toolResult(upstream, "client", {}, { peer: new TestPeer() });
    const [, id] = [...sdk.sessions.keys()];
    expect(sdk.requests.filter((line) => line.startsWith(`GET ${id}`))).toEqual([]);
  });
});

describe("what a client says of its own accord", () => {
  const ROOTS_CHANGED = '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}';

  test("reaches its session and no other", async () => {
    const { upstream, sdk } = setup();
    const [mine, theirs] = [new TestPeer(), new TestPeer()];
    for (const peer of [mine, theirs]) await toolResult(upstream, "client", {}, { peer });
    upstream.notify(mine, ROOTS_CHANGED);
    const [, first, second] = [...sdk.sessions.values()];
    await until(() => first?.notified.length === 1);
    expect([first?.notified, second?.notified]).toEqual([["notifications/roots/list_changed"], []]);
  });

  test("opens no session", async () => {
    const { upstream, sdk } = setup();
    await upstream.ready();
    upstream.notify(new TestPeer(), ROOTS_CHANGED);
    await toolResult(upstream, "client");
    expect(sdk.sessions.size).toBe(1);
  });
});

describe("subscriptions of the gateway", () => {
  test("are told in its own session, and are there again after a restart of the server", async () => {
    const updated: string[] = [];
    const { upstream, sdk } = setup({ events: { resourceUpdated: (uri) => updated.push(uri) } });
    expect(await upstream.subscribe("test://one")).toBeUndefined();
    const own = () => [...sdk.sessions.values()][0];
    expect(own()?.subscribed).toEqual(new Set(["test://one"]));
    await until(() => sdk.requests.some((line) => line.startsWith("GET")));
    await toolResult(upstream, "later", { what: "update" });
    await until(() => updated.length === 1);
    sdk.forget();
    await toolResult(upstream, "client").catch(() => {});
    await until(() => updated.length === 2 && own()?.subscribed.size === 1);
    upstream.unsubscribe("test://one");
    upstream.unsubscribe("test://other");
    await until(() => own()?.subscribed.size === 0);
    expect(updated).toEqual(["test://one", "test://one"]);
  });
});

describe("a call whose stream the server ends before the answer", () => {
  test("is read on by the id of the last event, after the time that the server said", async () => {
    const { upstream, sdk } = setup({ retryMs: 60 });
    const polls: number[] = [];
    const peer = new TestPeer();
    await toolResult(upstream, "client", {}, { peer });
    const result = await toolResult(upstream, "poll", { ms: 100 }, { peer, onPoll: (retryMs) => polls.push(retryMs) });
    expect(said(result)).toBe("polled");
    expect(polls[0]).toBe(60);
    expect(sdk.requests.filter((line) => /^GET \S+ [^-]/.test(line)).length).toBeGreaterThan(0);
  });

  test("is not asked for again when it is canceled meanwhile", async () => {
    const { upstream, sdk } = setup({ retryMs: 3600_000 });
    const signal = new CallSignal();
    const call = upstream.request(
      callOf("tools/call", {
        peer: new TestPeer(),
        paramsText: '{"name":"poll","arguments":{"ms":0}}',
        signal,
        onPoll: () => signal.abort(),
      }),
    );
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect(sdk.requests.filter((line) => /^GET \S+ [^-]/.test(line))).toEqual([]);
  });
});
