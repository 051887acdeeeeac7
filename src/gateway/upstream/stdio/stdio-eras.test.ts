/** Processes of either era, and of both: which they are is found out without harm, and callers of either era reach them. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { callTraceOf } from "../../tracing/call-trace.ts";
import { Tracer } from "../../tracing/tracer.ts";
import { answerText, callOf } from "../call.fixture.ts";
import { EraVerdicts } from "../era-verdicts.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { QuestionReply, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { STDIO_LIMITS, type StdioLimits, type StdioUpstreamOptions, stdioUpstream } from "./stdio-upstream.ts";

const SERVER = join(import.meta.dir, "era-server.fixture.ts");
const SDK_SERVER = join(import.meta.dir, "sdk-v2-stdio.fixture.ts");
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
};

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Options {
  readonly words: readonly string[];
  readonly program?: string;
  readonly era?: StdioUpstreamOptions["era"];
  readonly sharing?: StdioUpstreamOptions["sharing"];
  readonly verdicts?: EraVerdicts;
  readonly events?: Partial<UpstreamEvents>;
  readonly limits?: Partial<StdioLimits>;
  /** That of another server, whose command this one then has. */
  readonly folder?: string;
}

async function start({ words, program = SERVER, events = {}, limits = {}, folder: given, ...options }: Options) {
  const folder = given ?? (await mkdtemp(join(tmpdir(), "mcpctl-eras-")));
  const births = join(folder, "births");
  const lost: string[] = [];
  const upstream = stdioUpstream({
    handle: "one",
    command: { command: process.execPath, args: [program, ...words, `births=${births}`], env: { PATH: process.env.PATH ?? "" } },
    events: upstreamEvents(events),
    signalGroup: (pid, signal) => void process.kill(-pid, signal),
    onLost: (reason) => lost.push(reason),
    log: { begin: () => (line) => line, hide: (text: string) => text, end: () => {} },
    limits: { ...STDIO_LIMITS, restart: { firstMs: 0, maxMs: 0 }, ...limits },
    ...options,
  });
  stops.push(
    () => rm(folder, { recursive: true, force: true }),
    () => upstream.close(),
  );
  upstream.start();
  const born = () => (existsSync(births) ? readFileSync(births, "utf8").trim().split("\n").map(Number) : []);
  const ask = async (call: UpstreamCall) => JSON.parse(await answerText(upstream, call));
  const legacy = (name: string, more: Partial<UpstreamCall> = {}) =>
    ask(callOf("tools/call", { peer: new TestPeer(), paramsText: JSON.stringify({ name }), ...more }));
  const modern = (name: string, more: Partial<UpstreamCall> = {}, meta: object = {}) =>
    ask(
      callOf("tools/call", {
        era: "modern",
        peer: new TestPeer(),
        paramsText: JSON.stringify({ _meta: { ...META, ...meta }, name }),
        ...more,
      }),
    );
  return { upstream, lost, born, folder, legacy, modern };
}

const said = (answer: { result: { content: { text: string }[] } }) => JSON.parse(answer.result.content[0]?.text ?? "");

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(2);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !existsSync(`/proc/${pid}/stat`) || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

describe("a modern server", () => {
  test("is found out when it does not take initialize, in a process that is gone then, and not asked again at a restart", async () => {
    const { upstream, born, modern, lost } = await start({ words: ["modern"] });
    expect(await upstream.ready()).toMatchObject({ protocolVersion: "2026-07-28", serverInfo: { name: "eras" } });
    expect(upstream.keepsPeers()).toBe(true);
    // One that refused, one that was asked, and one that stays.
    expect(born()).toHaveLength(3);
    await until(() => born().filter(isAlive).length === 1);
    await modern("die").catch(() => {});
    await until(() => lost.length === 1);
    await until(() => upstream.status().state === "ready");
    expect(born()).toHaveLength(4);
  });

  test("gets modern calls as they are, with ids of this hop", async () => {
    const { modern } = await start({ words: ["modern"] });
    const calls = ["a", "b"].map((tag) => modern(tag, { idText: "7" }, { tag }));
    const answers = await Promise.all(calls);
    expect(answers.map(({ id }) => id)).toEqual([7, 7]);
    expect(answers.map((answer) => said(answer).params._meta.tag)).toEqual(["a", "b"]);
    const lines = (said(await modern("seen")).seen as string[]).map((line) => JSON.parse(line));
    const ids = lines.filter(({ method }) => method === "tools/call").map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is asked for input by answers, which a legacy client gets as a question", async () => {
    const { legacy, modern } = await start({ words: ["modern"] });
    const onQuestion = async (): Promise<QuestionReply> => ({ resultText: '{"action":"accept"}' });
    const peer = new TestPeer({ capabilities: { elicitation: {} }, clientInfo: { name: "editor" } });
    expect(said(await legacy("elicit", { peer, onQuestion })).params).toMatchObject({
      inputResponses: { who: { action: "accept" } },
      requestState: "s1",
      _meta: { "io.modelcontextprotocol/clientInfo": { name: "editor" } },
    });
    expect(await modern("elicit")).toMatchObject({ result: { resultType: "input_required", requestState: "s1" } });
  });

  test("is told of a canceled call", async () => {
    const { modern } = await start({ words: ["modern"] });
    const signal = new CallSignal();
    const call = modern("wait", { signal });
    await modern("echo");
    signal.abort();
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    const lines = (said(await modern("seen")).seen as string[]).map((line) => JSON.parse(line));
    const [waiting] = lines.filter(({ params }) => params?.name === "wait");
    expect(lines.find(({ method }) => method === "notifications/cancelled").params.requestId).toBe(waiting.id);
  });

  test("logs to the one call that asks for it, and to none where several do", async () => {
    const { modern } = await start({ words: ["modern"] });
    const heard: string[] = [];
    const onNotification = (text: string) => heard.push(JSON.parse(text).params.data);
    const level = { "io.modelcontextprotocol/logLevel": "debug" };
    await modern("log", { onNotification });
    expect(heard).toEqual([]);
    await modern("log", { onNotification }, level);
    expect(heard).toEqual(["logged"]);
    const signal = new CallSignal();
    const waiting = modern("wait", { onNotification, signal }, level).catch(() => {});
    await modern("log", { onNotification }, level);
    expect(heard).toEqual(["logged"]);
    signal.abort();
    await waiting;
  });

  test("tells changes on a stream of the gateway's own, which is opened again when it ends", async () => {
    const heard: string[] = [];
    const events = { listChanged: () => heard.push("list"), resourceUpdated: (uri: string) => heard.push(uri) };
    const { upstream, modern } = await start({ words: ["modern"], events });
    await upstream.ready();
    expect(await upstream.subscribe("test://one")).toBeUndefined();
    heard.length = 0;
    await modern("change");
    await modern("update");
    // The stream before the resource was wanted is over: each change comes once.
    expect(heard).toEqual(["list", "test://one"]);
    await modern("end-subscriptions");
    await until(() => heard.length === 4);
    expect(heard).toEqual(["list", "test://one", "list", "test://one"]);
  });
});

describe("a legacy server", () => {
  test.each(["exits", "silent", "plain"])("that %s on what it does not know is not harmed, and modern callers reach it", async (trait) => {
    const { upstream, born, modern } = await start({ words: ["legacy", trait], limits: { probeTimeoutMs: 200 } });
    await upstream.ready();
    expect(born()).toHaveLength(1);
    const first = said(await modern("echo"));
    expect(first.params).toEqual({ name: "echo" });
    await until(() => born().length === 2);
    await until(() => born().filter(isAlive).length === 1);
    expect(said(await modern("echo")).pid).toBe(first.pid);
    expect(born()).toHaveLength(2);
  });

  test("is not asked for its era where its policy says it", async () => {
    const { modern, born } = await start({ words: ["legacy", "exits"], era: "legacy" });
    expect(said(await modern("echo")).params).toEqual({ name: "echo" });
    expect(said(await modern("echo")).params).toEqual({ name: "echo" });
    expect(born()).toHaveLength(1);
  });

  test("does not start in a policy of the modern era", async () => {
    const { upstream, born } = await start({
      words: ["legacy"],
      era: "modern",
      limits: { restart: { firstMs: 3600_000, maxMs: 3600_000 } },
    });
    await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN" });
    await until(() => born().length === 2);
  });

  test("that is broken is asked for its era once, and then no more", async () => {
    const { born, lost } = await start({ words: ["exits"] });
    await until(() => lost.length >= 3);
    const starts = born().length;
    expect(starts).toBeLessThanOrEqual(lost.length + 2);
  });
});

describe("a server of both eras", () => {
  test("has legacy callers in one process and modern ones, once it is known, in another", async () => {
    const { upstream, born, legacy, modern } = await start({ words: ["legacy", "modern"] });
    const { pid } = said(await legacy("echo"));
    expect(born()).toEqual([pid]);
    await until(async () => said(await modern("echo")).pid !== pid);
    expect(said(await modern("echo")).params._meta).toEqual(META);
    expect(said(await legacy("echo")).pid).toBe(pid);
    expect(born().filter(isAlive)).toHaveLength(2);
    await upstream.close();
    expect(born().filter(isAlive)).toEqual([]);
  });

  test("whose modern process dies serves modern callers over the bridge until it is back", async () => {
    const { legacy, modern } = await start({ words: ["legacy", "modern"] });
    const { pid } = said(await legacy("echo"));
    await until(async () => said(await modern("echo")).pid !== pid);
    await modern("die").catch(() => {});
    expect(said(await legacy("echo")).pid).toBe(pid);
    await until(async () => said(await modern("echo")).pid !== pid);
  });

  test("shares what is known of its command with other servers of the same one", async () => {
    const verdicts = new EraVerdicts({ ttlMs: 3600_000, maxEntries: 10, monotonicNow: () => 0 });
    const first = await start({ words: ["legacy", "modern"], verdicts });
    const { pid } = said(await first.legacy("echo"));
    await until(async () => said(await first.modern("echo")).pid !== pid);
    expect(first.born()).toHaveLength(3);
    const second = await start({ words: ["legacy", "modern"], verdicts, folder: first.folder });
    const other = said(await second.legacy("echo")).pid;
    await until(async () => said(await second.modern("echo")).pid !== other);
    expect(first.born()).toHaveLength(5);
  });

  test("made with the SDK is one", async () => {
    const { legacy, modern } = await start({ words: [], program: SDK_SERVER });
    const echo = async (ask: typeof modern) => said(await ask("echo")).meta;
    expect(await echo(legacy)).toBeNull();
    await until(async () => (await echo(modern)) !== null);
    expect(await echo(modern)).toEqual(META);
    expect(await echo(legacy)).toBeNull();
  });
});

test("a modern server made with the SDK answers callers of both eras", async () => {
  const updated: string[] = [];
  const { upstream, legacy, modern } = await start({
    words: ["modern-only"],
    program: SDK_SERVER,
    events: { resourceUpdated: (uri) => updated.push(uri) },
  });
  const onQuestion = async (): Promise<QuestionReply> => ({ resultText: '{"action":"accept","content":{"name":"ann"}}' });
  const peer = new TestPeer({ capabilities: { elicitation: { form: {} } } });
  expect(said(await legacy("elicit", { peer, onQuestion }))).toEqual({ answer: { name: "ann" }, state: "état-1/+=" });
  expect(await modern("elicit")).toMatchObject({ result: { resultType: "input_required" } });
  expect(await upstream.subscribe("test://one")).toBeUndefined();
  await modern("update");
  await until(() => updated.length === 1);
});

describe("a process that has no headers is told of a call's trace in its _meta", () => {
  const TRACE = "0af7651916cd43dd8448eb211c80319c";
  const CLIENT_SAID = `00-${TRACE}-b7ad6b7169203331-01`;

  test.each([["legacy"], ["modern"]])("by a caller of either era, where it speaks %s alone", async (word) => {
    const { upstream } = await start({ words: [word] });
    const tracer = new Tracer({ sink: { take: () => {} }, ratio: 1, epochMs: () => 0 });
    const traced = tracer.traced(upstream, { handle: "one", inMeta: true });
    const told = async (era: UpstreamCall["era"], meta: object | undefined) => {
      const trace = callTraceOf(tracer, { traceId: TRACE, context: undefined, span: undefined });
      const paramsText = JSON.stringify({ name: "echo", ...(meta === undefined ? {} : { _meta: meta }) });
      const call = callOf("tools/call", { era, peer: new TestPeer(), paramsText, trace });
      return said(JSON.parse(await answerText(traced, call))).params._meta.traceparent;
    };
    const own = new RegExp(`^00-${TRACE}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`);
    expect(await told("legacy", undefined)).toMatch(own);
    expect(await told("legacy", { traceparent: CLIENT_SAID })).toMatch(own);
    expect(await told("modern", META)).toMatch(own);
    expect(await told("modern", { ...META, traceparent: CLIENT_SAID })).toMatch(own);
  });

  test.each([["legacy"], ["modern"]])("as the client put it there, byte for byte, where nothing is traced: %s", async (word) => {
    const { legacy, modern } = await start({ words: [word] });
    const _meta = { traceparent: CLIENT_SAID, tracestate: "v=1", baggage: "b=1" };
    expect(said(await legacy("echo", { paramsText: JSON.stringify({ name: "echo", _meta }) })).params._meta).toMatchObject(_meta);
    expect(said(await modern("echo", {}, _meta)).params._meta).toMatchObject(_meta);
    expect(said(await legacy("echo")).params._meta?.traceparent).toBeUndefined();
  });
});
