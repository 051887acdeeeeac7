import { describe, expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { answering, BREAKER, clientCall, failing, guardServer, hanging, held, idle, lost, OK } from "./guarded-upstream.fixture.ts";

const silent = new AppError("deadline", "PROBE_TIMEOUT", "it did not answer a probe");

describe("room", () => {
  test("calls beyond it are refused at once, and none of the others", async () => {
    const { server, gates } = held();
    const { outcome, guarded } = guardServer(server);
    const four = [1, 2, 3, 4].map(() => outcome());
    await idle();
    const refused = guarded.request(clientCall());
    await expect(refused).rejects.toMatchObject({ code: "exhausted", reason: "UPSTREAM_BUSY", retryAfterSeconds: 1 });
    gates[0]?.resolve("");
    expect(await four[0]).toBe("ok");
    const fifth = outcome();
    await idle();
    for (const gate of gates) gate.resolve("");
    expect((await Promise.all([...four, fifth])).join(" ")).toBe("ok ok ok ok ok");
    expect(server.calls).toHaveLength(5);
  });

  test("what the gateway asks for itself gets through, so that a full server can still be looked at", async () => {
    const { server } = held();
    const { outcome } = guardServer(server);
    for (let call = 0; call < 4; call += 1) void outcome();
    expect(await outcome({ peer: undefined, method: "ping" })).toBe("ok");
    expect(await outcome()).toBe("UPSTREAM_BUSY");
  });

  test("being full is no failure, and its bound may change while calls are on their way", async () => {
    const { server, gates } = held();
    const { outcome, guarded } = guardServer(server, { breaker: { ...BREAKER, failures: 1 } });
    const calls = [1, 2, 3, 4].map(() => outcome());
    await idle();
    expect(await outcome()).toBe("UPSTREAM_BUSY");
    expect(guarded.status()).toEqual({ state: "ready" });
    guarded.configure({ ...guarded.limits, concurrency: 5 });
    calls.push(outcome());
    await idle();
    expect(gates).toHaveLength(5);
    for (const gate of gates) gate.resolve("");
    expect((await Promise.all(calls)).join(" ")).toBe("ok ok ok ok ok");
  });
});

describe("the breaker", () => {
  test("refuses calls with the reason and the time to come again, and lets one try when that is over", async () => {
    let well = false;
    const server = answering((call) => {
      if (well) return OK(call);
      throw lost;
    });
    const { outcome, guarded, pass } = guardServer(server);
    expect([await outcome(), await outcome(), await outcome()]).toEqual(["UPSTREAM_LOST", "UPSTREAM_LOST", "UPSTREAM_LOST"]);
    await expect(guarded.request(clientCall())).rejects.toMatchObject({
      code: "unavailable",
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("it exited with code 1"),
      retryAfterSeconds: 1,
    });
    expect(guarded.status()).toEqual({ state: "failed", reason: `calls are refused for a while: ${lost.message}`, cause: "UPSTREAM_LOST" });
    expect(server.calls).toHaveLength(3);
    pass(1000);
    expect(await outcome()).toBe("UPSTREAM_LOST");
    await expect(guarded.request(clientCall())).rejects.toMatchObject({ retryAfterSeconds: 2 });
    pass(2000);
    well = true;
    expect([await outcome(), await outcome()]).toEqual(["ok", "ok"]);
    expect(server.calls).toHaveLength(6);
  });

  test("where there are probes one of them is the trial; where none comes a client's call is, a little later", async () => {
    const server = answering(OK);
    const { outcome, guarded, pass } = guardServer(server, { probeIntervalMs: 30_000 });
    const trip = () => guarded.probeFailed(silent, 1);
    trip();
    pass(1000);
    expect(await outcome()).toBe("UPSTREAM_UNAVAILABLE");
    expect(await outcome({ peer: undefined, method: "tools/list" })).toBe("ok");
    expect(await outcome()).toBe("ok");
    trip();
    pass(1000 + 2999);
    await expect(guarded.request(clientCall())).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: 1 });
    pass(1);
    expect(await outcome()).toBe("ok");
  });

  test("a trial keeps the others out until it is over, and one that hangs does not do so for long", async () => {
    const { server, gates } = held();
    const { outcome, guarded, pass } = guardServer(server, { idleMs: 60_000, totalMs: 60_000, breaker: { ...BREAKER, failures: 1 } });
    const first = outcome();
    await idle();
    gates[0]?.reject(lost);
    expect(await first).toBe("UPSTREAM_LOST");
    pass(1000);
    void outcome();
    await idle();
    expect(await outcome()).toBe("UPSTREAM_UNAVAILABLE");
    pass(5000);
    const second = outcome();
    await idle();
    expect(gates).toHaveLength(3);
    gates[2]?.resolve("");
    expect(await second).toBe("ok");
    const after = outcome();
    await idle();
    gates[3]?.resolve("");
    expect(await after).toBe("ok");
    expect(guarded.status().state).not.toBe("failed");
  });

  test("a trial that its client cancels leaves the next call to try", async () => {
    const { server, gates } = held();
    const { outcome, guarded, pass } = guardServer(server, { breaker: { ...BREAKER, failures: 1 } });
    const first = outcome();
    await idle();
    gates[0]?.reject(lost);
    expect(await first).toBe("UPSTREAM_LOST");
    pass(1000);
    const call = clientCall();
    const trial = guarded.request(call);
    await idle();
    call.signal.abort();
    await expect(trial).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    const next = outcome();
    await idle();
    gates[2]?.resolve("");
    expect(await next).toBe("ok");
  });

  test("what a server answers is never a failure, errors included", async () => {
    const server = answering(({ idText }) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}`);
    const { outcome, guarded } = guardServer(server);
    for (let call = 0; call < 20; call += 1) expect(await outcome()).toBe("ok");
    expect(guarded.status()).toEqual({ state: "ready" });
  });

  test("clients that cancel are none either", async () => {
    const server = hanging();
    const { guarded } = guardServer(server);
    for (let nth = 0; nth < 20; nth += 1) {
      const call = clientCall();
      const answer = guarded.request(call);
      await idle();
      call.signal.abort();
      await expect(answer).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    }
    expect(guarded.status()).toEqual({ state: "ready" });
    expect(server.calls.every(({ signal }) => signal.aborted)).toBe(true);
  });

  test("a crash that takes many calls with it is one failure", async () => {
    const { server, gates } = held();
    const { outcome, guarded } = guardServer(server, { concurrency: 100 });
    const calls = Array.from({ length: 100 }, () => outcome());
    await idle();
    for (const gate of gates) gate.reject(lost);
    expect(new Set(await Promise.all(calls))).toEqual(new Set<string>(["UPSTREAM_LOST"]));
    expect(guarded.status()).toEqual({ state: "ready" });
  });

  test("a server that is known to be away says so itself, and is called as soon as it is back", async () => {
    const server = answering(OK).die("it exited with code 1");
    const { outcome, guarded } = guardServer(server);
    for (let call = 0; call < 20; call += 1) expect(await outcome()).toBe("UPSTREAM_UNAVAILABLE");
    expect(guarded.status()).toEqual({ state: "failed", reason: "it exited with code 1" });
    server.comeBack();
    expect(await outcome()).toBe("ok");
    expect(guarded.status()).toEqual({ state: "ready" });
  });

  test("may be off, and what it held is forgotten when it is turned off", async () => {
    const { outcome, guarded } = guardServer(failing(lost));
    for (let call = 0; call < 3; call += 1) await outcome();
    expect(await outcome()).toBe("UPSTREAM_UNAVAILABLE");
    guarded.configure({ ...guarded.limits, breaker: undefined });
    for (let call = 0; call < 20; call += 1) expect(await outcome()).toBe("UPSTREAM_LOST");
  });
});

describe("the state", () => {
  test("is the connection's while that is not ready, else what calls and lists have shown", async () => {
    const server = new ScriptedServer().hang();
    const { guarded, lists, outcome } = guardServer(server);
    lists.problem = new AppError("unavailable", "LISTS_INCOMPLETE", "it does not say what it offers");
    expect(guarded.status()).toEqual({ state: "starting" });
    server.comeBack();
    expect(guarded.status()).toEqual({ state: "degraded", reason: "it does not say what it offers", cause: "LISTS_INCOMPLETE" });
    lists.problem = undefined;
    expect(guarded.status()).toEqual({ state: "ready" });
    expect(await outcome()).toBe("ok");
  });

  test("shows trouble until calls have gone well for a while, whatever each of them does", async () => {
    let nth = 0;
    const server = answering((call) => {
      nth += 1;
      if (nth % 2 === 0) return OK(call);
      throw lost;
    });
    const { guarded, outcome, pass } = guardServer(server);
    const seen: string[] = [];
    for (let call = 0; call < 10; call += 1) {
      await outcome();
      pass(100);
      seen.push(guarded.status().state);
    }
    expect(seen.join(" ")).toMatch(/^(ready )+(degraded ?)+$/);
    pass(10_000);
    expect(guarded.status()).toEqual({ state: "ready" });
  });

  test("probes that fail make it degraded, several failed, and calls are refused until one gets through", async () => {
    const server = answering(OK);
    const { guarded, outcome, pass } = guardServer(server);
    guarded.probeFailed(silent, 3);
    expect(guarded.status()).toEqual({ state: "degraded", reason: "it did not answer a probe", cause: "PROBE_TIMEOUT" });
    guarded.probeFailed(silent, 3);
    expect(guarded.status().state).toBe("degraded");
    guarded.probeFailed(silent, 3);
    expect(guarded.status()).toMatchObject({ state: "failed", reason: expect.stringContaining("it did not answer a probe") });
    expect(await outcome()).toBe("UPSTREAM_UNAVAILABLE");
    expect(guarded.pulse()).toMatchObject({ connection: "ready", refusedUntil: 1000 });
    pass(1000);
    expect(await outcome()).toBe("ok");
    pass(9000);
    expect(guarded.status()).toEqual({ state: "ready" });
    expect(guarded.pulse()).toEqual({ connection: "ready", lastSuccessAt: 1000, refusedUntil: undefined });
  });
});

test("all else is the server's own", async () => {
  const server = new ScriptedServer({ keepsPeers: false });
  const { guarded } = guardServer(server);
  guarded.start();
  guarded.notify(clientCall().peer as NonNullable<UpstreamCall["peer"]>, "a notice");
  expect(await guarded.subscribe("x://1")).toBeUndefined();
  expect([...server.subscribed]).toEqual(["x://1"]);
  guarded.unsubscribe("x://1");
  expect({ notices: server.notices, subscribed: server.subscribed.size, keeps: guarded.keepsPeers() }).toEqual({
    notices: ["a notice"],
    subscribed: 0,
    keeps: false,
  });
  expect(await guarded.ready()).toMatchObject({ serverInfo: { name: "scripted" } });
});

test("a call passes as it came, whatever else it holds, and so does its answer", async () => {
  const server = answering(OK);
  const { guarded } = guardServer(server);
  const call = { ...clientCall({ era: "modern" }), more: "of a later version" };
  expect(await guarded.request(call)).toBe('{"jsonrpc":"2.0","id":7,"result":{}}');
  const { onNotification, signal, ...rest } = call;
  expect(server.calls[0]).toMatchObject(rest);
  expect(server.calls[0]?.peer).toBe(call.peer);
});

test("calls that a server leaves unanswered end when it is closed", async () => {
  const { guarded, outcome, timer } = guardServer(hanging());
  const call = outcome();
  await idle();
  await guarded.close();
  expect(await call).toBe("UPSTREAM_LOST");
  expect([guarded.inFlight, timer.size]).toEqual([0, 0]);
});

test("a call that was canceled before it came is not sent", async () => {
  const server = answering(OK);
  const { guarded } = guardServer(server);
  const call = clientCall();
  call.signal.abort();
  await expect(guarded.request(call)).rejects.toMatchObject({ reason: "CALL_CANCELED" });
  expect(server.calls).toEqual([]);
});
