/** One request on its way: its time, its cancelation, and what a server says before it answers. */
import { describe, expect, test } from "bun:test";
import { AppError } from "../core/app-error.ts";
import { resultMessage } from "../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents } from "./gateway.fixture.ts";
import { type Answering, ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";
import { upstreamBroken, upstreamLost } from "./upstream/upstream-errors.ts";

const EITHER = "application/json, text/event-stream";

function calling(answer: Answering) {
  return new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": answer } });
}

const progress = (token: unknown, value: number) =>
  JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress: value } });

describe("the time of a call", () => {
  test("a call over its time is answered with -31004, whether or not the server hears of it", async () => {
    const deaf = calling(() => new Promise(() => {}));
    await using gateway = await openGateway({ servers: { one: deaf }, settings: { callTimeoutMs: 5 } });
    const client = await initialized(gateway);
    const response = await client.send("tools/call", { name: "one__a" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ error: { code: -31004, data: { reason: "CALL_TIMEOUT" } } });
    expect(deaf.calls.at(-1)?.signal.aborted).toBe(true);
  });

  test("a large answer that comes after the time is let go of, so that its connection is", async () => {
    const { promise, resolve } = Promise.withResolvers<ReadableStream<Uint8Array>>();
    await using gateway = await openGateway({ servers: { one: calling(() => promise) }, settings: { callTimeoutMs: 5 } });
    const client = await initialized(gateway);
    expect(await client.request("tools/call", { name: "one__a" })).toMatchObject({ error: { code: -31004 } });
    const canceled = Promise.withResolvers<void>();
    resolve(new ReadableStream({ cancel: () => canceled.resolve() }));
    await canceled.promise;
  });

  test("a call to a server that is still starting is over when its time is", async () => {
    const hung = calling(() => "").hang();
    await using gateway = await openGateway({ servers: { one: hung }, settle: false, settings: { callTimeoutMs: 5 } });
    const client = await initialized(gateway);
    expect(await client.request("tools/call", { name: "one__a" })).toMatchObject({ error: { code: -31004 } });
    expect(hung.of("tools/call")).toEqual([]);
  });

  test("notifications/cancelled ends a call at once and tells the server", async () => {
    const deaf = calling(() => new Promise(() => {}));
    await using gateway = await openGateway({ servers: { one: deaf } });
    const client = await initialized(gateway);
    const call = client.request("tools/call", { name: "one__a" }, { id: "x" });
    await client.notify("notifications/cancelled", { requestId: "nothing" });
    expect(deaf.calls.at(-1)?.signal.aborted).toBe(false);
    await client.notify("notifications/cancelled", { requestId: "x" });
    expect(await call).toMatchObject({ id: "x", error: { code: -31099, data: { reason: "CALL_CANCELED" } } });
    expect(deaf.calls.at(-1)?.signal.aborted).toBe(true);
  });

  test("another session cannot cancel a call by its id", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const slow = calling(() => promise);
    await using gateway = await openGateway({ servers: { one: slow } });
    const [mine, theirs] = [await initialized(gateway), await initialized(gateway)];
    const call = mine.request("tools/call", { name: "one__a" }, { id: 1 });
    await theirs.notify("notifications/cancelled", { requestId: 1 });
    resolve(resultMessage("1", "{}"));
    expect(await call).toEqual({ jsonrpc: "2.0", id: 1, result: {} } as object);
  });
});

describe("failures", () => {
  const failing = async (thrown: unknown) => {
    const gateway = await openGateway({
      servers: {
        one: calling(() => {
          throw thrown;
        }),
      },
    });
    const response = await (await initialized(gateway)).send("tools/call", { name: "one__a" });
    await gateway.gateway.close();
    return { gateway, response, body: (await response.json()) as { error: { code: unknown; message: string; data?: unknown } } };
  };

  test("a call that was not sent is 503 with Retry-After", async () => {
    const dead = calling(() => "");
    await using gateway = await openGateway({ servers: { one: dead } });
    dead.die("it exited with code 1");
    const response = await (await initialized(gateway)).send("tools/call", { name: "one__a" });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({
      error: { code: "upstream_unavailable", message: "Server one is not available: it exited with code 1" },
    });
  });

  test("a call whose answer is lost is answered in band, so that no client repeats it by itself", async () => {
    const { response, body } = await failing(upstreamLost("one", "it exited with code 1"));
    expect(response.status).toBe(200);
    expect(body).toMatchObject({ id: 1, error: { code: -31005, data: { reason: "UPSTREAM_LOST" } } } as object);
  });

  test("a server that is busy is 429 with Retry-After, since nothing was sent", async () => {
    const { response, body } = await failing(new AppError("exhausted", "UPSTREAM_BUSY", "Server one has 2 calls in flight already"));
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(body.error.code).toBe("rate_limited");
  });

  test("an answer that is too large to read may have run: it is answered in band", async () => {
    const { response, body } = await failing(new AppError("exhausted", "SSE_EVENT_TOO_LARGE", "An event of the stream is too large"));
    expect(response.status).toBe(200);
    expect(body.error.code).toBe(-31029);
  });

  test("a broken server and a fault of our own are -32603, and the cause stays inside", async () => {
    expect((await failing(upstreamBroken("one", "HTTP 500 with text/html"))).body.error).toMatchObject({ code: -32603 });
    const { gateway, body } = await failing(new TypeError("secret detail"));
    expect(body.error.code).toBe(-32603);
    expect(JSON.stringify(body)).not.toContain("secret detail");
    expect(gateway.failures.at(-1)?.cause).toBeInstanceOf(TypeError);
  });
});

describe("what a server says before it answers", () => {
  const chatty = calling(async (call) => {
    const token = JSON.parse(call.paramsText ?? "{}")._meta?.progressToken;
    for (const value of [1, 2]) call.onNotification?.(progress(token, value));
    await Promise.resolve();
    call.onNotification?.(progress(token, 3));
    return resultMessage(call.idText, '{"done":true}');
  });
  const params = { name: "one__a", _meta: { progressToken: "p" } };

  test("a client that takes a stream gets it before the answer, in order, and then the end", async () => {
    await using gateway = await openGateway({ servers: { one: chatty } });
    const response = await (await initialized(gateway)).send("tools/call", params, { accept: EITHER, id: 5 });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("cache-control")).toContain("no-cache");
    expect(response.headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
    const events = readEvents(response);
    for (const value of [1, 2, 3]) expect(await events.next()).toMatchObject({ params: { progressToken: "p", progress: value } });
    expect(await events.next()).toEqual({ jsonrpc: "2.0", id: 5, result: { done: true } } as object);
    await expect(events.next()).rejects.toThrow("the stream has ended");
  });

  test("a client that takes JSON alone gets the answer alone", async () => {
    await using gateway = await openGateway({ servers: { one: chatty } });
    const client = await initialized(gateway);
    for (const accept of ["application/json", "*/*"]) {
      const response = await client.send("tools/call", params, { accept });
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.json()).toMatchObject({ result: { done: true } });
    }
  });

  test("a server that says nothing before its answer gets it into one JSON body", async () => {
    await using gateway = await openGateway({ servers: { one: calling((call) => resultMessage(call.idText, "{}")) } });
    const response = await (await initialized(gateway)).send("tools/call", params, { accept: EITHER });
    expect(response.headers.get("content-type")).toBe("application/json");
  });

  test("a call that fails after it said something is ended on its stream with an error", async () => {
    const dying = calling(async (call) => {
      call.onNotification?.(progress("p", 1));
      throw upstreamLost("one", "it exited with code 1");
    });
    await using gateway = await openGateway({ servers: { one: dying } });
    const events = readEvents(await (await initialized(gateway)).send("tools/call", params, { accept: EITHER, id: 5 }));
    expect(await events.next()).toMatchObject({ params: { progress: 1 } });
    expect(await events.next()).toMatchObject({ id: 5, error: { code: -31005 } } as object);
    await expect(events.next()).rejects.toThrow("the stream has ended");
  });

  test("a reader that goes away stops neither the call nor the gateway", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const settled: boolean[] = [];
    const slow = calling(async (call) => {
      call.onNotification?.(progress("p", 1));
      await promise;
      for (let value = 0; value < 3000; value += 1) call.onNotification?.(progress("p", value));
      settled.push(call.signal.aborted);
      return resultMessage(call.idText, "{}");
    });
    await using gateway = await openGateway({ servers: { one: slow } });
    const client = await initialized(gateway);
    const events = readEvents(await client.send("tools/call", params, { accept: EITHER, id: 5 }));
    await events.next();
    await events.cancel();
    resolve();
    while (settled.length === 0) await Promise.resolve();
    expect(settled).toEqual([false]);
    expect(await client.request("ping", undefined, { id: 6 })).toMatchObject({ result: {} });
  });
});
