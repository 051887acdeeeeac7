/** Processes, one for each client: it is known, asked and told in its own, and nothing is left when it goes. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { answerText, callOf, toolResult } from "../call.fixture.ts";
import { TestPeer } from "../peer.fixture.ts";
import type { Question, QuestionReply, Upstream, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { STDIO_LIMITS, type StdioLimits, type StdioUpstreamOptions, stdioUpstream } from "./stdio-upstream.ts";

const SERVER = join(import.meta.dir, "client-server.fixture.ts");
const SDK_SERVER = join(import.meta.dir, "sdk-v1-stdio.fixture.ts");
const ALL = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };

const open: Upstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

interface Options {
  readonly program?: string;
  readonly sharing?: StdioUpstreamOptions["sharing"];
  readonly events?: Partial<UpstreamEvents>;
  readonly limits?: Partial<StdioLimits>;
}

function start({ program = SERVER, sharing = "per_session", events = {}, limits = {} }: Options = {}) {
  const lost: string[] = [];
  const upstream = stdioUpstream({
    handle: "one",
    command: { command: process.execPath, args: [program], env: { PATH: process.env.PATH ?? "" } },
    sharing,
    events: upstreamEvents(events),
    signalGroup: (pid, signal) => void process.kill(-pid, signal),
    onLost: (reason) => lost.push(reason),
    log: { begin: () => (line) => line, hide: (text: string) => text, end: () => {} },
    limits: { ...STDIO_LIMITS, restart: { firstMs: 0, maxMs: 0 }, ...limits },
  });
  open.push(upstream);
  upstream.start();
  const tool = async (name: string, peer: TestPeer | undefined, args: object = {}, options: Partial<UpstreamCall> = {}) => {
    const result = await toolResult(upstream, name, args, { peer, ...options });
    return result.isError === true ? result : JSON.parse(result.content[0].text);
  };
  return { upstream, lost, tool };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(2);
}

/** A process that nobody has waited for yet is gone all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !existsSync(`/proc/${pid}/stat`) || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

const accept = async (): Promise<QuestionReply> => ({ resultText: '{"action":"accept","content":{"n":1}}' });

test("each client has a process of its own that knows it, and the gateway has one that offers nothing", async () => {
  const { upstream, tool } = start();
  const [mine, theirs] = ["mine", "theirs"].map((name) => new TestPeer({ capabilities: ALL, clientInfo: { name, version: "1" } }));
  expect(await tool("client", mine)).toEqual({ is: { name: "mine", version: "1" }, offers: ALL });
  expect(await tool("client", theirs)).toMatchObject({ is: { name: "theirs" } });
  expect(await tool("client", undefined)).toMatchObject({ is: { name: "mcpctl" }, offers: {} });
  const pids = [await tool("pid", mine), await tool("pid", theirs), await tool("pid", undefined)];
  expect(new Set(pids).size).toBe(3);
  expect(await tool("pid", mine)).toBe(pids[0]);
  expect(upstream.keepsPeers()).toBe(true);
});

test("a server made with the SDK knows its client, asks it and logs to it", async () => {
  const { tool } = start({ program: SDK_SERVER });
  const peer = new TestPeer({ capabilities: ALL, clientInfo: { name: "mine", version: "1" } });
  peer.logLevel = "debug";
  expect(await tool("client", peer)).toEqual({ is: { name: "mine", version: "1" }, offers: ALL });
  expect(await tool("elicit", peer, {}, { onQuestion: accept })).toEqual({ action: "accept", content: { n: 1 } });
  const heard: string[] = [];
  await tool("log", peer, { words: ["x"] }, { onNotification: (text) => heard.push(JSON.parse(text).params.level) });
  expect(heard).toEqual(["debug", "warning"]);
  expect(await tool("client", undefined)).toMatchObject({ is: { name: "mcpctl" }, offers: {} });
});

describe("a question of the server's", () => {
  test("in the one call in flight is that call's, and is over with it", async () => {
    const { tool } = start();
    const peer = new TestPeer({ capabilities: ALL });
    expect(await tool("elicit", peer, {}, { onQuestion: accept })).toEqual({ action: "accept", content: { n: 1 } });
    const signal = new CallSignal();
    const asked = Promise.withResolvers<Question>();
    const onQuestion = (question: Question) => {
      asked.resolve(question);
      return new Promise<QuestionReply>(() => {});
    };
    const call = tool("elicit", peer, {}, { onQuestion, signal }).catch((error) => error);
    const question = await asked.promise;
    signal.abort();
    expect(await call).toMatchObject({ reason: "CALL_CANCELED" });
    expect(question.signal?.aborted).toBe(true);
  });

  test("that the server takes back is over for the client", async () => {
    const { tool } = start();
    const over = Promise.withResolvers<void>();
    const onQuestion = ({ signal }: Question) => {
      signal?.addEventListener("abort", () => over.resolve());
      return new Promise<QuestionReply>(() => {});
    };
    expect(await tool("give-up", new TestPeer({ capabilities: ALL }), {}, { onQuestion })).toBe("given up");
    await over.promise;
  });

  test("outside of calls, or with several in flight, is the client's", async () => {
    const asked: unknown[] = [];
    const { tool } = start({
      events: {
        asked: (peer, { method }) => {
          asked.push(peer, method);
          return accept();
        },
      },
    });
    const peer = new TestPeer({ capabilities: ALL });
    await tool("later", peer, { what: "ask" });
    await until(async () => (await tool("notified", peer)).includes("reply accept"));
    expect(asked).toEqual([peer, "elicitation/create"]);
    const signal = new CallSignal();
    const waiting = tool("wait", peer, {}, { signal }).catch(() => {});
    const own = () => Promise.reject(new Error("it is not known whose it is"));
    expect(await tool("elicit", peer, {}, { onQuestion: own })).toEqual({ action: "accept", content: { n: 1 } });
    expect(asked).toEqual([peer, "elicitation/create", peer, "elicitation/create"]);
    signal.abort();
    await waiting;
  });

  test("that dies is over for the client", async () => {
    const asked = Promise.withResolvers<Question>();
    const events: Partial<UpstreamEvents> = {
      asked: (_, question) => {
        asked.resolve(question);
        return new Promise<QuestionReply>(() => {});
      },
    };
    const { tool } = start({ events });
    const peer = new TestPeer({ capabilities: ALL });
    await tool("later", peer, { what: "ask" });
    const { signal } = await asked.promise;
    expect(signal?.aborted).toBe(false);
    await tool("die", peer).catch(() => {});
    await until(() => signal?.aborted === true);
  });

  test("that the client did not offer to be asked is refused", async () => {
    const { tool } = start();
    expect(await tool("sample", new TestPeer({ capabilities: { roots: {} } }), {}, { onQuestion: accept })).toMatchObject({
      isError: true,
    });
  });
});

describe("what a server says", () => {
  test("in a call goes to that call, and outside of calls to the client; its level is the client's", async () => {
    const told: [unknown, string][] = [];
    const { tool } = start({ events: { notified: (peer, text) => told.push([peer, JSON.parse(text).params.data]) } });
    const peer = new TestPeer();
    peer.logLevel = "debug";
    const heard: string[] = [];
    await tool("log", peer, { words: ["x"] }, { onNotification: (text) => heard.push(JSON.parse(text).params.level) });
    expect(heard).toEqual(["debug", "warning"]);
    await tool("later", peer, { what: "log" });
    await until(() => told.length === 1);
    expect(told).toEqual([[peer, "later"]]);
  });

  test("where all share it is told to nobody, and nobody can be asked", async () => {
    const told: unknown[] = [];
    const { upstream, tool } = start({ sharing: "shared", events: { notified: (...said) => told.push(said) } });
    const peer = new TestPeer({ capabilities: ALL });
    const onNotification = (text: string) => told.push(text);
    await tool("log", peer, { words: ["x"] }, { onNotification });
    await tool("later", peer, { what: "log" });
    expect(await tool("elicit", peer, {}, { onQuestion: accept })).toMatchObject({ isError: true });
    expect(await tool("client", peer)).toMatchObject({ is: { name: "mcpctl" }, offers: {} });
    expect(told).toEqual([]);
    expect(upstream.keepsPeers()).toBe(false);
    upstream.notify(peer, '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}');
    expect(await tool("notified", peer)).toEqual([]);
  });

  test("of a resource that is subscribed to is heard in the gateway's own process", async () => {
    const updated: string[] = [];
    const { upstream, tool } = start({ events: { resourceUpdated: (uri) => updated.push(uri) } });
    expect(await upstream.subscribe("test://one")).toBeUndefined();
    await tool("later", undefined, { what: "update" });
    await until(() => updated.length === 1);
    await tool("die", undefined).catch(() => {});
    await until(() => updated.length === 2);
    await tool("later", undefined, { what: "update" });
    await until(() => updated.length === 3);
  });
});

describe("what a client says of its own accord", () => {
  const ROOTS_CHANGED = '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}';

  test("reaches its own process and starts none", async () => {
    const { upstream, tool } = start();
    const [mine, theirs] = [new TestPeer(), new TestPeer()];
    await tool("client", mine);
    for (const peer of [mine, theirs]) upstream.notify(peer, ROOTS_CHANGED);
    expect(await tool("notified", mine)).toEqual(["notifications/roots/list_changed"]);
    expect(await tool("notified", theirs)).toEqual([]);
  });
});

describe("processes", () => {
  test("end with their client, and with the server, and none is left", async () => {
    const { upstream, tool } = start();
    const [mine, theirs] = [new TestPeer(), new TestPeer()];
    const pids = (await Promise.all([mine, theirs, undefined].map((peer) => tool("pid", peer)))) as number[];
    mine.close();
    await until(() => !isAlive(pids[0] ?? 0));
    expect(pids.slice(1).map(isAlive)).toEqual([true, true]);
    await upstream.close();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect([mine.held, theirs.held]).toEqual([0, 0]);
  });

  test("are no more than the limit, unsent beyond it, and there is room again when one has ended", async () => {
    const { tool } = start({ limits: { maxPeers: 2 } });
    const peers = [new TestPeer(), new TestPeer(), new TestPeer()];
    for (const peer of peers.slice(0, 2)) await tool("pid", peer);
    await expect(tool("pid", peers[2])).rejects.toMatchObject({ code: "exhausted", reason: "UPSTREAM_BUSY" });
    expect(peers[2]?.held).toBe(0);
    peers[0]?.close();
    await until(() =>
      tool("pid", peers[2]).then(
        (pid) => typeof pid === "number",
        () => false,
      ),
    );
  });

  test("of one principal are half of the limit at most, however many sessions it opens, so that others have theirs", async () => {
    const { tool } = start({ limits: { maxPeers: 4 } });
    const principalId = "token:greedy";
    const greedy = Array.from({ length: 3 }, () => new TestPeer({ principalId }));
    for (const peer of greedy.slice(0, 2)) await tool("pid", peer);
    const refused = { code: "exhausted", reason: "UPSTREAM_BUSY", message: expect.stringContaining("2 sessions of this caller") };
    await expect(tool("pid", greedy[2])).rejects.toMatchObject(refused);
    for (const peer of [new TestPeer(), new TestPeer()]) expect(await tool("pid", peer)).toBeNumber();
  });

  test("that die lose their client's calls alone, and are started again for it", async () => {
    const { tool, lost } = start();
    const [mine, theirs] = [new TestPeer(), new TestPeer()];
    const before = [await tool("pid", mine), await tool("pid", theirs)];
    await expect(tool("die", mine)).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
    await until(() => lost.length === 1);
    await until(() =>
      tool("pid", mine).then(
        (pid) => pid !== before[0],
        () => false,
      ),
    );
    expect(await tool("pid", theirs)).toBe(before[1]);
  });

  test("of a client that goes while its process starts are ended too", async () => {
    const { upstream } = start();
    const peer = new TestPeer();
    const call = answerText(upstream, callOf("tools/call", { peer, paramsText: '{"name":"pid","arguments":{}}' })).catch((error) => error);
    await upstream.ready();
    peer.close();
    expect(await call).toMatchObject({ code: "unavailable" });
    expect(peer.held).toBe(0);
  });
});
