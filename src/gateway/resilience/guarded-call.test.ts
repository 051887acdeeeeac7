import { describe, expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { type Answering, ScriptedServer } from "../scripted-upstream.fixture.ts";
import type { QuestionReply, UpstreamCall } from "../upstream/upstream.ts";
import { upstreamBroken, upstreamUnavailable } from "../upstream/upstream-errors.ts";
import {
  answering,
  BREAKER,
  clientCall,
  failing,
  guardServer,
  hanging,
  held,
  idle,
  lost,
  OK,
  RETRIES,
} from "./guarded-upstream.fixture.ts";

describe("times", () => {
  test("a server that says nothing for its time is told so, and the call is over although it does not listen", async () => {
    const server = hanging();
    const { pass, outcome, timer, guarded } = guardServer(server);
    const call = outcome();
    await idle();
    pass(999);
    expect(server.calls[0]?.signal.aborted).toBe(false);
    pass(1);
    expect(await call).toBe("CALL_TIMEOUT");
    expect(server.calls[0]?.signal.reason).toMatchObject({ code: "deadline", message: "Server one said nothing for 1 s during the call" });
    expect([timer.size, guarded.inFlight]).toEqual([0, 0]);
  });

  test("whatever a server says of the call begins its silence anew, heard by the client or not, and the time in all ends it", async () => {
    for (const heard of [undefined, [] as string[]]) {
      const server = hanging();
      const { pass, outcome } = guardServer(server);
      const call = outcome({ onNotification: heard && ((message) => heard.push(message)) });
      await idle();
      for (let second = 0; second < 5; second += 1) {
        pass(999);
        server.calls[0]?.onNotification?.(`message ${second}`);
      }
      pass(4);
      expect(server.calls[0]?.signal.aborted).toBe(false);
      pass(1);
      expect(await call).toBe("CALL_TIMEOUT");
      expect(server.calls[0]?.signal.reason).toMatchObject({ message: "The call took longer than 5 s" });
      if (heard !== undefined) expect(heard).toEqual(["message 0", "message 1", "message 2", "message 3", "message 4"]);
    }
  });

  test("a server that is to be asked again is not silent either, and the client hears of it", async () => {
    const server = hanging();
    const { pass, outcome } = guardServer(server);
    const waits: number[] = [];
    const call = outcome({ onPoll: (retryMs) => waits.push(retryMs) });
    await idle();
    pass(999);
    server.calls[0]?.onPoll?.(500);
    pass(999);
    expect(server.calls[0]?.signal.aborted).toBe(false);
    pass(1);
    expect([await call, waits]).toEqual(["CALL_TIMEOUT", [500]]);
  });

  test("while the client is asked the server's silence does not count, the time in all does, and the server is not to blame", async () => {
    const server = hanging();
    const { pass, outcome, guarded } = guardServer(server, { breaker: { ...BREAKER, failures: 1 } });
    const replies: ReturnType<typeof Promise.withResolvers<QuestionReply>>[] = [];
    const ask = () => {
      const reply = Promise.withResolvers<QuestionReply>();
      replies.push(reply);
      return reply.promise;
    };
    const call = outcome({ onQuestion: ask });
    await idle();
    const [sent] = server.calls;
    const asked = sent?.onQuestion?.({ method: "elicitation/create", paramsText: undefined });
    pass(3000);
    expect(sent?.signal.aborted).toBe(false);
    replies[0]?.resolve({ resultText: "{}" });
    expect(await asked).toEqual({ resultText: "{}" });
    pass(999);
    expect(sent?.signal.aborted).toBe(false);
    void sent?.onQuestion?.({ method: "elicitation/create", paramsText: undefined });
    pass(1000);
    pass(1);
    expect(await call).toBe("CALL_TIMEOUT");
    expect(sent?.signal.reason).toMatchObject({ message: "The call took longer than 5 s" });
    expect(guarded.status()).toEqual({ state: "ready" });
  });

  test("a call whose client cannot be asked is not offered to be", async () => {
    const server = answering(OK);
    await guardServer(server).outcome();
    expect(server.calls[0]?.onQuestion).toBeUndefined();
  });

  test("times that change hold for the next call, not for those on their way", async () => {
    const server = hanging();
    const { pass, outcome, guarded } = guardServer(server);
    const first = outcome();
    guarded.configure({ ...guarded.limits, idleMs: 10 });
    const second = outcome();
    await idle();
    pass(10);
    expect(await second).toBe("CALL_TIMEOUT");
    expect(server.calls[0]?.signal.aborted).toBe(false);
    pass(990);
    expect(await first).toBe("CALL_TIMEOUT");
  });
});

describe("an answer in pieces", () => {
  /** A server that answers with a stream, and what it puts into it. */
  function streaming() {
    const pieces: { controller?: ReadableStreamDefaultController<Uint8Array>; canceled: unknown } = { canceled: undefined };
    const server = answering(
      () =>
        new ReadableStream<Uint8Array>({
          start: (controller) => {
            pieces.controller = controller;
          },
          cancel: (reason) => {
            pieces.canceled = reason ?? "canceled";
          },
        }),
    );
    const send = (text: string) => pieces.controller?.enqueue(new TextEncoder().encode(text));
    return { server, pieces, send };
  }
  const read = async (answer: unknown) => new Response(answer as ReadableStream).text();

  test("passes whole, and takes its room until it is read", async () => {
    const { server, pieces, send } = streaming();
    const { guarded, timer } = guardServer(server);
    const answer = await guarded.request(clientCall());
    expect(guarded.inFlight).toBe(1);
    const text = read(answer);
    for (const piece of ["a", "b", "c"]) send(piece);
    pieces.controller?.close();
    expect(await text).toBe("abc");
    expect([guarded.inFlight, timer.size]).toEqual([0, 0]);
  });

  test("that stalls is over when the server's time is, and each piece begins that anew", async () => {
    const { server, pieces, send } = streaming();
    const { guarded, pass } = guardServer(server);
    const reader = ((await guarded.request(clientCall())) as ReadableStream<Uint8Array>).getReader();
    for (const piece of ["a", "b"]) {
      const next = reader.read();
      await idle();
      pass(999);
      send(piece);
      expect((await next).done).toBe(false);
    }
    const last = reader.read();
    await idle();
    pass(1000);
    await expect(last).rejects.toMatchObject({ reason: "CALL_TIMEOUT" });
    expect(pieces.canceled).toMatchObject({ reason: "CALL_TIMEOUT" });
    expect(guarded.inFlight).toBe(0);
  });

  test("that a slow client leaves unread is not the server's silence, but has its end", async () => {
    const { server, send } = streaming();
    const { guarded, pass } = guardServer(server);
    const reader = ((await guarded.request(clientCall())) as ReadableStream<Uint8Array>).getReader();
    send("a");
    expect((await reader.read()).done).toBe(false);
    pass(4999);
    expect(guarded.inFlight).toBe(1);
    pass(1);
    await expect(reader.read()).rejects.toMatchObject({ reason: "CALL_TIMEOUT", message: "The call took longer than 5 s" });
    expect(guarded.inFlight).toBe(0);
  });

  test("that breaks off is a failure of the server, and the client hears of it", async () => {
    const { server, pieces } = streaming();
    const { guarded } = guardServer(server, { breaker: { ...BREAKER, failures: 1 } });
    const text = read(await guarded.request(clientCall()));
    pieces.controller?.error(lost);
    await expect(text).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
    expect(guarded.status()).toMatchObject({ state: "failed" });
    expect(guarded.inFlight).toBe(0);
  });

  test("that nobody wants any more is let go of", async () => {
    const { server, pieces } = streaming();
    const { guarded } = guardServer(server);
    await ((await guarded.request(clientCall())) as ReadableStream).cancel("gone");
    expect(pieces.canceled).toBe("gone");
    expect(guarded.inFlight).toBe(0);
    const call = clientCall();
    const text = read(await guarded.request(call));
    call.signal.abort();
    await expect(text).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect(guarded.inFlight).toBe(0);
  });

  test("that comes after its call is over is let go of", async () => {
    const gate = Promise.withResolvers<ReadableStream<Uint8Array>>();
    const { guarded, pass, outcome } = guardServer(answering(() => gate.promise));
    const call = outcome();
    await idle();
    pass(1000);
    expect(await call).toBe("CALL_TIMEOUT");
    const canceled = Promise.withResolvers<void>();
    gate.resolve(new ReadableStream({ cancel: () => canceled.resolve() }));
    await canceled.promise;
    expect(guarded.inFlight).toBe(0);
  });
});

describe("tries", () => {
  const READ = { method: "tools/call", paramsText: '{"name":"read_it"}' };
  const WRITE = { method: "tools/call", paramsText: '{"name":"write_it"}' };

  /** Fails so often and then answers. */
  function failingTimes(times: number, error: unknown, before?: (call: UpstreamCall) => void) {
    let left = times;
    const answer: Answering = (call) => {
      before?.(call);
      left -= 1;
      if (left < 0) return OK(call);
      throw error;
    };
    return new ScriptedServer({ answers: { "tools/call": answer, "tools/list": answer } });
  }
  const tried = async (server: ScriptedServer, given: Partial<UpstreamCall>) => {
    const { outcome, guarded, timer } = guardServer(server, { retries: RETRIES });
    const result = [await outcome(given), server.calls.length];
    expect([guarded.inFlight, timer.size]).toEqual([0, 0]);
    return result;
  };

  const notSent = upstreamUnavailable("one", "refused");
  const broken = upstreamBroken("one", "no JSON");
  const cases: readonly (readonly [title: string, times: number, error: unknown, call: Partial<UpstreamCall>, result: unknown])[] = [
    ["a list whose answer was lost is asked for again", 2, lost, { method: "tools/list" }, ["ok", 3]],
    ["a call of a tool that only reads too", 1, lost, READ, ["ok", 2]],
    ["and one whose answer could not be read", 1, broken, READ, ["ok", 2]],
    ["but not for ever", 9, lost, READ, ["UPSTREAM_LOST", 3]],
    ["a call of another tool is not, where it may have run", 1, lost, WRITE, ["UPSTREAM_LOST", 1]],
    ["nor where its answer could not be read", 1, broken, WRITE, ["UPSTREAM_BROKEN", 1]],
    ["it is where it was certainly not sent", 2, notSent, WRITE, ["ok", 3]],
    ["a call to a server with too much to do is not", 1, new AppError("exhausted", "UPSTREAM_BUSY", "x"), READ, ["UPSTREAM_BUSY", 1]],
  ];
  test.each(cases)("%s", async (_, times, error, call, result) => {
    expect(await tried(failingTimes(times, error), call)).toEqual(result as [string, number]);
  });

  test("nothing is tried again that the client has heard something of", async () => {
    const server = failingTimes(1, lost, (call) => call.onNotification?.("progress"));
    expect(await tried(server, { ...READ, onNotification: () => {} })).toEqual(["UPSTREAM_LOST", 1]);
  });

  test("what a client did not want to hear of is", async () => {
    const server = failingTimes(1, lost, (call) => call.onNotification?.("progress"));
    expect(await tried(server, READ)).toEqual(["ok", 2]);
  });

  test("nothing is tried again that the client was asked about", async () => {
    const server = failingTimes(1, lost, (call) => void call.onQuestion?.({ method: "roots/list", paramsText: undefined }));
    expect(await tried(server, { ...READ, onQuestion: async () => ({ resultText: "{}" }) })).toEqual(["UPSTREAM_LOST", 1]);
  });

  test("nothing is tried again after the client has gone", async () => {
    const { server, gates } = held();
    const { guarded, timer } = guardServer(server, {
      retries: { ...RETRIES, backoff: { firstMs: 3_600_000, maxMs: 3_600_000 } },
      totalMs: 9e9,
    });
    const call = clientCall(READ);
    const answer = guarded.request(call);
    await idle();
    gates[0]?.reject(lost);
    await idle();
    expect(guarded.inFlight).toBe(1);
    call.signal.abort();
    await expect(answer).rejects.toMatchObject({ reason: "CALL_CANCELED" });
    expect([gates.length, guarded.inFlight, timer.size]).toEqual([1, 0, 0]);
  });

  test("a time-out is not tried again, and all tries share one time", async () => {
    const { server, gates } = held();
    const { outcome, pass } = guardServer(server, { retries: RETRIES });
    const call = outcome(READ);
    await idle();
    pass(600);
    gates[0]?.reject(lost);
    while (gates.length < 2) await new Promise((resolve) => setTimeout(resolve, 0));
    for (let second = 0; second < 4; second += 1) {
      pass(999);
      server.calls[1]?.onNotification?.("still there");
    }
    expect(server.calls[1]?.signal.aborted).toBe(false);
    pass(5000 - 600 - 4 * 999);
    expect(await call).toBe("CALL_TIMEOUT");
    expect(gates).toHaveLength(2);
  });

  test("a server that went away meanwhile is not called again, and one that others found to fail neither", async () => {
    for (const then of ["away", "refused"]) {
      const server: ScriptedServer = answering(() => {
        if (then === "away") server.die("it exited");
        throw lost;
      });
      const { outcome } = guardServer(server, { retries: RETRIES, breaker: { ...BREAKER, failures: then === "refused" ? 1 : 9 } });
      expect(await outcome(READ)).toBe("UPSTREAM_LOST");
      expect(server.calls).toHaveLength(1);
    }
  });

  test("a server in trouble is not asked much more than it was", async () => {
    const server = failing(lost);
    const { outcome } = guardServer(server, { retries: RETRIES, breaker: undefined });
    for (let call = 0; call < 200; call += 1) await outcome(READ);
    expect(server.calls.length).toBeGreaterThan(200 + 20);
    expect(server.calls.length).toBeLessThanOrEqual(200 + 10 + 20);
  });
});
