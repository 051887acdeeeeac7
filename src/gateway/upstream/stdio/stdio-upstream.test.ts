/** Servers that are real processes. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requires } from "../../../../test/support/requires.ts";
import { initialized, openGateway, readEvents, type TestClient } from "../../gateway.fixture.ts";
import type { Upstream, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { STDIO_LIMITS, type StdioLimits, stdioUpstream } from "./stdio-upstream.ts";

const SERVER = join(import.meta.dir, "stdio-server.fixture.ts");
const INITIALIZED = '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"sh"}}}';

interface Setup {
  readonly traits?: readonly string[];
  /** A shell script in place of the fixture. */
  readonly script?: string;
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<StdioLimits>;
}

const open: Upstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

/** A server whose restarts wait for nothing, stopped when the test is over. */
function start({ traits = [], script, command, env = {}, limits = {} }: Setup = {}) {
  const lost: string[] = [];
  const changes = { count: 0 };
  const restarts = { count: 0 };
  const lives = { count: 0 };
  const said: string[] = [];
  const fixture = { command: process.execPath, args: [SERVER, ...traits] };
  const shell = { command: "/bin/sh", args: ["-c", script ?? ""] };
  const chosen = command !== undefined ? { command, args: [] } : script === undefined ? fixture : shell;
  const upstream = stdioUpstream({
    handle: "one",
    command: { ...chosen, env: { PATH: process.env.PATH ?? "", ...env } },
    events: upstreamEvents({
      listChanged: () => {
        changes.count += 1;
      },
    }),
    signalGroup: (pid, signal) => void process.kill(-pid, signal),
    onLost: (reason) => lost.push(reason),
    onRestart: () => {
      restarts.count += 1;
    },
    log: {
      begin() {
        const life = ++lives.count;
        return (line) => {
          const shown = line.replaceAll("hush", "***");
          said.push(`${life}: ${shown}`);
          return shown;
        };
      },
      hide: (text: string) => text,
      end: () => said.push("the end"),
    },
    limits: { ...STDIO_LIMITS, restart: { firstMs: 0, maxMs: 0 }, ...limits },
  });
  open.push(upstream);
  upstream.start();
  return { upstream, lost, changes, restarts, said, ...callerOf(upstream) };
}

function callerOf(upstream: Upstream) {
  const text = async (method: string, options: Partial<UpstreamCall> = {}) => {
    const signal = new AbortController().signal;
    const call: UpstreamCall = {
      peer: undefined,
      era: "legacy",
      idText: "1",
      method,
      paramsText: undefined,
      onNotification: undefined,
      onQuestion: undefined,
      signal,
      ...options,
    };
    return (await upstream.request(call)) as string;
  };
  const result = async (method: string, params?: unknown, options: Partial<UpstreamCall> = {}) =>
    JSON.parse(await text(method, { ...(params === undefined ? {} : { paramsText: JSON.stringify(params) }), ...options })).result;
  return { text, result };
}

/** Waits for what a process does; the test's own time is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(2);
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

async function pidOf(upstream: Upstream): Promise<number> {
  return (await upstream.ready()).serverInfo.pid as number;
}

describe("talking", () => {
  test("a process is initialized, told so, and says what it is", async () => {
    const { upstream, result } = start();
    expect(await upstream.ready()).toMatchObject({
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "fixture" },
    });
    expect(upstream.status()).toEqual({ state: "ready" });
    const seen = (await result("seen")) as string[];
    expect(seen.map((line) => JSON.parse(line).method)).toEqual(["initialize", "notifications/initialized", "seen"]);
    expect(JSON.parse(seen[0] ?? "").params).toMatchObject({
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "mcpctl" },
    });
  });

  test("callers with the same id get their own answers, in whatever order they come", async () => {
    const { result, text } = start();
    const calls = ["a", "b", "c"].map((key) => result("hold", { key }, { idText: "7" }));
    for (const key of ["c", "a", "b"]) await result("release", { key });
    expect(await Promise.all(calls)).toEqual([{ released: "a" }, { released: "b" }, { released: "c" }]);
    expect(await text("echo", { idText: String.raw`"\u0041"`, paramsText: '{"n":1.0}' })).toBe(
      String.raw`{"jsonrpc":"2.0","id":"\u0041","result":{"n":1}}`,
    );
  });

  test("a thousand calls side by side each get their own answer", async () => {
    const { result } = start();
    const calls = Array.from({ length: 1000 }, (_, n) => result("echo", { n }, { idText: "1" }));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 1000 }, (_, n) => ({ n })));
  });

  test("progress comes to the call whose token it carries, as the caller wrote it", async () => {
    const { text } = start();
    for (const token of ["1", '"1"', String.raw`"\u0041"`, "12345678901234567890"]) {
      const told: string[] = [];
      await text("progress", { paramsText: `{"_meta":{"progressToken":${token}}}`, onNotification: (message) => told.push(message) });
      const of = (value: number) =>
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${value}}}`;
      expect(told).toEqual([of(1), of(2)]);
    }
  });

  test("callers with the same progress token hear of their own calls only", async () => {
    const { result } = start();
    const told: Record<string, string[]> = { a: [], b: [] };
    const hold = (key: string) =>
      result("hold", { key, _meta: { progressToken: 1 } }, { onNotification: (message) => told[key]?.push(message) });
    const calls = [hold("a"), hold("b")];
    await result("progressOfHeld", { key: "b" });
    expect(told.a).toEqual([]);
    expect(told.b).toHaveLength(1);
    for (const key of ["a", "b"]) await result("release", { key });
    await Promise.all(calls);
  });

  test("a progress token that hides behind an escape is none of another caller's", async () => {
    const { result, text } = start();
    const told: string[] = [];
    const held = result("hold", { key: "a", _meta: { progressToken: 1 } }, { onNotification: (message) => told.push(message) });
    const seen = (await result("seen")) as string[];
    const { id } = JSON.parse(seen.find((line) => line.includes('"hold"')) ?? "");
    const own: string[] = [];
    await text("progress", {
      paramsText: String.raw`{"_meta":{"progressTo\u006ben":${id}}}`,
      onNotification: (message) => own.push(message),
    });
    expect(told).toEqual([]);
    expect(own).toHaveLength(2);
    await result("release", { key: "a" });
    await held;
  });

  test("a canceled call ends at once, and the server is told by the id that it knows", async () => {
    const { result } = start();
    const controller = new AbortController();
    const call = result("hold", { key: "a" }, { idText: '"mine"', signal: controller.signal });
    await result("echo");
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "canceled", reason: "CALL_CANCELED" });
    const lines = ((await result("seen")) as string[]).map((line) => JSON.parse(line));
    const held = lines.find(({ method }) => method === "hold");
    expect(lines.find(({ method }) => method === "notifications/cancelled").params.requestId).toBe(held.id);
    // Its late answer is nobody's.
    await result("release", { key: "a" });
    expect(await result("echo", { still: "there" })).toEqual({ still: "there" });
  });

  test("what is canceled before it is sent is never sent", async () => {
    const { result } = start();
    await expect(result("echo", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect(JSON.stringify(await result("seen"))).not.toContain("echo");
  });

  test("lines on standard output that are no messages are ignored", async () => {
    const { result } = start();
    expect(await result("junk")).toEqual({});
    expect(await result("echo", { a: 1 })).toEqual({ a: 1 });
  });

  test("params on many lines arrive as one line", async () => {
    const { text, result } = start();
    await text("echo", { paramsText: '{\n  "a": "x\\ny",\r\n  "b": [\n1,\n2]\n}' });
    const line = ((await result("seen")) as string[]).find((seen) => seen.includes('"echo"'));
    expect(JSON.parse(line ?? "").params).toEqual({ a: "x\ny", b: [1, 2] });
  });

  test("a server may ask whether we are there, and nothing else", async () => {
    const { result } = start();
    expect(await result("ask")).toEqual([
      { jsonrpc: "2.0", id: "p", result: {} },
      { jsonrpc: "2.0", id: 2, error: { code: -32601, message: "Method not found: sampling/createMessage" } },
    ]);
  });

  test("a list that changed is told, and so is a server that came", async () => {
    const { result, changes } = start();
    await result("echo");
    const before = changes.count;
    await result("changed");
    expect(before).toBe(1);
    expect(changes.count).toBe(2);
  });

  test("an answer without a result or an error is a broken server's", async () => {
    const { result } = start();
    await expect(result("noResult")).rejects.toMatchObject({ code: "internal", reason: "UPSTREAM_BROKEN" });
  });

  test("a process gets the environment that it was given and none of ours", async () => {
    const { result } = start({ env: { ONLY: "this" } });
    const environment = (await result("environment")) as Record<string, string>;
    expect(environment.ONLY).toBe("this");
    expect(Object.keys(environment).filter((name) => !["PATH", "ONLY", "PWD", "SHLVL", "_"].includes(name))).toEqual([]);
  });

  test("more calls at a time than the limit are refused, unsent", async () => {
    const { result } = start({ limits: { maxInFlight: 2 } });
    await result("echo");
    const calls = [result("hold", { key: "a" }), result("hold", { key: "b" })];
    await expect(result("echo")).rejects.toMatchObject({ code: "exhausted", reason: "UPSTREAM_BUSY" });
    open.splice(0).map((upstream) => upstream.close());
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.reason)).toEqual(["UPSTREAM_LOST", "UPSTREAM_LOST"]);
  });
});

describe("dying", () => {
  test("a process that exits in the middle of calls fails those, and is started again", async () => {
    const { upstream, result, lost, changes } = start();
    const first = await pidOf(upstream);
    const held = result("hold", { key: "a" });
    const dying = result("die", { code: 3, word: "out of memory" });
    const message = "Server one was lost during the call: it exited with code 3; it last said: out of memory";
    for (const outcome of await Promise.allSettled([held, dying])) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unavailable", reason: "UPSTREAM_LOST", message } });
    }
    await until(() => changes.count === 2);
    expect(await pidOf(upstream)).not.toBe(first);
    expect(await result("echo", { again: true })).toEqual({ again: true });
    expect(lost).toEqual(["it exited with code 3; it last said: out of memory"]);
  });

  test("the first start after a death is at once, the next ones wait longer and longer, and calls are refused meanwhile", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mcpctl-stdio-"));
    const births = join(folder, "births");
    const { upstream, result, lost } = start({ traits: [`births=${births}`], limits: { restart: { firstMs: 3600_000, maxMs: 3600_000 } } });
    await result("echo");
    await result("die", { code: 1, word: "first" }).catch(() => {});
    await until(() => upstream.status().state === "ready");
    await result("die", { code: 1, word: "second" }).catch(() => {});
    await until(() => lost.length === 2);
    const reason = "it exited with code 1; it last said: second";
    expect(upstream.status()).toEqual({ state: "failed", reason, cause: "UPSTREAM_LOST" });
    await expect(result("echo")).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE", message: expect.stringContaining("second") });
    await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
    expect(readFileSync(births, "utf8").trim().split("\n")).toHaveLength(2);
    await rm(folder, { recursive: true });
  });

  test("what its processes say on standard error is taken line by line, life by life, and only what may be shown is told", async () => {
    const { upstream, result, lost, restarts, said, changes } = start();
    await result("echo");
    expect(restarts.count).toBe(0);
    await result("die", { code: 3, word: "no hush here" }).catch(() => {});
    await until(() => changes.count === 2);
    await result("die", { code: 3, word: "again" }).catch(() => {});
    await until(() => lost.length === 2);
    await upstream.close();
    expect(said).toEqual(["1: going down", "1: no *** here", "2: going down", "2: again", "the end"]);
    expect(lost[0]).toBe("it exited with code 3; it last said: no *** here");
    expect(restarts.count).toBeGreaterThan(0);
  });

  test("a process that exits before it is initialized says why, with its last line", async () => {
    const { upstream } = start({ script: "echo first >&2; printf 'no such folder: /x' >&2; exit 4" });
    const message = "Server one is not available: it exited with code 4; it last said: no such folder: /x";
    await expect(upstream.ready()).rejects.toMatchObject({ code: "unavailable", reason: "UPSTREAM_UNAVAILABLE", message });
  });

  test("a process that a signal ends says which", async () => {
    const { upstream } = start({ script: "kill -9 $$" });
    await expect(upstream.ready()).rejects.toMatchObject({ message: expect.stringContaining("was ended by SIGKILL") });
  });

  test("a command that is not there is unavailable", async () => {
    const { upstream } = start({ command: "/nowhere/no-such-command" });
    const message = expect.stringContaining("its command could not be started");
    await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE", message });
    expect(upstream.status()).toMatchObject({ state: "failed", reason: message });
  });

  test("a server that refuses initialize is broken, in its own words", async () => {
    const { upstream } = start({
      script: `read -r line; echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"too new for me"}}'; exec cat >/dev/null`,
      limits: { restart: { firstMs: 3600_000, maxMs: 3600_000 } },
    });
    await expect(upstream.ready()).rejects.toMatchObject({ message: expect.stringContaining("too new for me") });
  });

  test("a process that does not answer initialize in its time is stopped", async () => {
    const { upstream } = start({ script: "exec cat >/dev/null", limits: { initializeTimeoutMs: 1, probeTimeoutMs: 1 } });
    const message = expect.stringContaining("did not answer initialize");
    await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE", message });
  });

  test("a process that closes its input and lives on is ended, and started again", async () => {
    const script = `read -r line; echo '${INITIALIZED}'; read -r line; exec <&-; echo closed >&2; exec sleep 1000`;
    const { upstream, result, lost } = start({ script });
    await upstream.ready();
    const calls: Promise<unknown>[] = [];
    await until(() => {
      calls.push(result("echo").catch((error) => error.reason));
      return lost.length > 0;
    });
    expect(await calls[0]).toBe("UPSTREAM_LOST");
    expect(lost[0]).toBe("it closed its input");
  });

  test("a line over the limit ends the process, with that as the reason", async () => {
    const { result, lost } = start({ limits: { maxLineBytes: 100_000 } });
    const message = expect.stringContaining("A line exceeds 100000 bytes");
    await expect(result("flood", { bytes: 1_000_000 })).rejects.toMatchObject({ reason: "UPSTREAM_LOST", message });
    expect(lost).toEqual(["A line exceeds 100000 bytes"]);
  });

  test("what a process writes to standard error is drained, however long its lines are", async () => {
    const script = `read -r line; echo '${INITIALIZED}'; head -c 5000000 /dev/zero | tr '\\0' 'x' >&2; echo '{"jsonrpc":"2.0","id":2,"result":{}}'; exec cat >/dev/null`;
    const { result } = start({ script });
    expect(await result("echo")).toEqual({});
  });

  test("the last line of standard error is cut to a length for people", async () => {
    const { upstream } = start({ script: "head -c 100000 /dev/zero | tr '\\0' 'x' >&2; exit 1" });
    const error = await upstream.ready().catch((thrown: Error) => thrown);
    expect((error as Error).message).toContain("it last said: xxx");
    expect((error as Error).message.length).toBeLessThan(400);
  });
});

describe("stopping", () => {
  test("close ends the process, and its calls with it", async () => {
    const { upstream, result } = start();
    const pid = await pidOf(upstream);
    const held = result("hold", { key: "a" });
    await upstream.close();
    await expect(held).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
    expect(isAlive(pid)).toBe(false);
    expect(upstream.status()).toEqual({ state: "stopped" });
    await expect(result("echo")).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  });

  test("a process that ignores the end of its input and SIGTERM is killed", async () => {
    const { upstream } = start({ traits: ["stubborn"] });
    const pid = await pidOf(upstream);
    await upstream.close();
    expect(isAlive(pid)).toBe(false);
  });

  test("what a process has started goes with it, on close and when it dies by itself", async () => {
    const { upstream, result, changes } = start();
    const first = ((await result("breed")) as { pid: number }).pid;
    expect(isAlive(first)).toBe(true);
    await result("die", { code: 0, word: "" }).catch(() => {});
    await until(() => changes.count === 2);
    await until(() => !isAlive(first));
    const second = ((await result("breed")) as { pid: number }).pid;
    await upstream.close();
    await until(() => !isAlive(second));
  });

  requires(Bun.which("setsid") !== null, "there is no setsid")(
    "a process that has left the group and holds the pipes does not hold the end back",
    async () => {
      // The runaway answers in its parent's place, so it has left when the parent reads on.
      const runaway = `echo "left $$" >&2; echo '${INITIALIZED}'; exec sleep 1000`;
      const script = `read -r line; setsid sh -c "$RUNAWAY" & read -r line; exit 5`;
      const { upstream, lost } = start({ script, env: { RUNAWAY: runaway }, limits: { restart: { firstMs: 3600_000, maxMs: 3600_000 } } });
      await until(() => lost.length === 2);
      await upstream.close();
      for (const reason of lost) expect(reason).toMatch(/^it exited with code 5; it last said: left \d+$/);
      for (const reason of lost) process.kill(Number(/\d+$/.exec(reason)?.[0]), "SIGKILL");
    },
  );

  test("a process that does not read its input is stopped all the same", async () => {
    const { upstream, result } = start({ script: `read -r line; echo '${INITIALIZED}'; exec sleep 1000` });
    await upstream.ready();
    const call = result("echo", { big: "x".repeat(1024 * 1024) }).catch((error) => error.reason);
    await upstream.close();
    expect(await call).toBe("UPSTREAM_LOST");
  });

  test("close during the start leaves no process", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mcpctl-stdio-"));
    const births = join(folder, "births");
    const { upstream } = start({ traits: ["mute", `births=${births}`] });
    const waiting = upstream.ready();
    await until(() => existsSync(births) && readFileSync(births, "utf8").endsWith("\n"));
    await upstream.close();
    await expect(waiting).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
    const pids = readFileSync(births, "utf8").trim().split("\n").map(Number);
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  test("close before the start starts nothing, ever", async () => {
    const { upstream } = start({ command: "/nowhere/no-such-command" });
    await upstream.close();
    upstream.start();
    expect(upstream.status()).toEqual({ state: "stopped" });
    await expect(upstream.ready()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  });
});

describe("through the gateway", () => {
  const open = async (...handles: string[]) => {
    const made = new Map<string, Upstream>();
    const connect = ({ handle }: { handle: string }, events: UpstreamEvents) => {
      const upstream = stdioUpstream({
        handle,
        command: { command: process.execPath, args: [SERVER], env: {} },
        events,
        signalGroup: (pid, signal) => void process.kill(-pid, signal),
        onLost: () => {},
        log: { begin: () => (line) => line, hide: (text: string) => text, end: () => {} },
        limits: { ...STDIO_LIMITS, restart: { firstMs: 0, maxMs: 0 } },
      });
      made.set(handle, upstream);
      return upstream;
    };
    const gateway = await openGateway({ servers: Object.fromEntries(handles.map((handle) => [handle, connect])) });
    return { gateway, made };
  };

  test("a server that dies in the middle of a call fails that call in band; the others go on, and it is started again", async () => {
    const { gateway, made } = await open("one", "two");
    await using _ = gateway;
    const client = await initialized(gateway);
    const names = await client.toolNames();
    const other = client.request("tools/call", { name: "two__hold", arguments: { key: "a" } }, { id: "other" });
    const response = await client.send("tools/call", { name: "one__die", arguments: { code: 3, word: "out of memory" } }, { id: "dying" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      id: "dying",
      error: { code: -31005, message: expect.stringContaining("it last said: out of memory"), data: { reason: "UPSTREAM_LOST" } },
    });
    expect(await client.toolNames()).toEqual(names);
    await client.request("tools/call", { name: "two__release", arguments: { key: "a" } });
    expect(await other).toMatchObject({ id: "other", result: { released: "a" } });
    await until(() => made.get("one")?.status().state === "ready");
    expect(await client.request("tools/call", { name: "one__echo", arguments: { n: 1 } })).toMatchObject({ result: { n: 1 } });
  });

  test("two clients with the same id and the same progress token get their own answers and their own progress", async () => {
    const { gateway } = await open("one");
    await using _ = gateway;
    const clients = [await initialized(gateway), await initialized(gateway)];
    const hold = async (client: TestClient, key: string) => {
      const params = { name: "one__hold", arguments: { key }, _meta: { progressToken: 1 } };
      return client.send("tools/call", params, { id: 1, accept: "application/json, text/event-stream" });
    };
    const [mine, theirs] = [hold(clients[0] as TestClient, "mine"), hold(clients[1] as TestClient, "theirs")];
    const third = await initialized(gateway);
    const act = (name: string, key: string) => third.request("tools/call", { name: `one__${name}`, arguments: { key } });
    await act("progressOfHeld", "theirs");
    const events = readEvents(await theirs);
    expect(await events.next()).toMatchObject({ method: "notifications/progress", params: { progressToken: 1, progress: 7 } });
    for (const key of ["mine", "theirs"]) await act("release", key);
    expect(await events.next()).toMatchObject({ id: 1, result: { released: "theirs" } });
    const alone = await mine;
    expect(alone.headers.get("content-type")).toBe("application/json");
    expect(await alone.json()).toMatchObject({ id: 1, result: { released: "mine" } });
  });
});
