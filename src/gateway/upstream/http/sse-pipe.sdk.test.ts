/** The HTTP+SSE transport against a server of the official SDK, as those that still run are made. */
import { afterEach, expect, test } from "bun:test";
import * as z from "zod";
import { CallSignal } from "../../../core/cancel-signal.ts";
import { callOf, toolResult } from "../call.fixture.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { connectSse } from "./connect-sse.fixture.ts";
import { openClient } from "./http1-client.fixture.ts";
import { until } from "./raw-http-server.fixture.ts";
import { startSdkV1Sse } from "./sdk-v1-sse.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function setup() {
  const sdk = await startSdkV1Sse();
  stops.push(() => sdk[Symbol.dispose]());
  const { url, sessions } = sdk;
  const updated: string[] = [];
  const events = upstreamEvents({ resourceUpdated: (uri) => updated.push(uri) });
  const open = (target: URL) => openClient(target).client;
  const limits = { initializeTimeoutMs: 5000, maxInFlight: 100, maxEventBytes: 1024 * 1024 };
  const connection = await connectSse({ handle: "sdk", url, open, events, ...limits }, new AbortController().signal);
  stops.push(() => connection.close());
  const [session] = sessions.values();
  if (session === undefined) throw new Error("the server has no session");
  return { connection, updated, sessions, ...session };
}

const textOf = (result: { content: { text: string }[] }) => JSON.parse(result.content[0]?.text ?? "null");

test("callers with one id each get their own answers over one stream", async () => {
  const { connection } = await setup();
  expect(connection.initialized.serverInfo).toMatchObject({ name: "sdk-v1" });
  const read = (uri: string) => connection.request(callOf("resources/read", { idText: "1", paramsText: JSON.stringify({ uri }) }));
  const [one, none, who] = await Promise.all([read("test://one"), read("test://none"), toolResult(connection, "client")]);
  expect(JSON.parse(one)).toMatchObject({ id: 1, result: { contents: [{ text: "1" }] } });
  expect(JSON.parse(none)).toMatchObject({ id: 1, error: { code: expect.any(Number) } });
  expect(textOf(who)).toMatchObject({ is: { name: "mcpctl" }, offers: {} });
});

test("a server that asks for a client is told that there is none, and the call goes on", async () => {
  const { connection } = await setup();
  expect(await toolResult(connection, "sample")).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining("Method not found") }],
  });
});

test("a cancellation reaches the call that it is about, and no other", async () => {
  const { connection, made } = await setup();
  const held: string[] = [];
  made.server.registerTool("hold", { inputSchema: { who: z.string() } }, ({ who }, extra) => {
    held.push(who);
    extra.signal.addEventListener("abort", () => held.push(`${who} canceled`));
    return new Promise(() => {});
  });
  const signal = new CallSignal();
  const waiting = [toolResult(connection, "hold", { who: "a" }, { signal }), toolResult(connection, "hold", { who: "b" })];
  for (const calling of waiting) calling.catch(() => {});
  await until(() => held.length === 2);
  signal.abort();
  await expect(waiting[0]).rejects.toMatchObject({ reason: "CALL_CANCELED" });
  await until(() => held.length === 3);
  expect(held[2]).toBe("a canceled");
});

test("an update of a resource that was subscribed to is heard of", async () => {
  const { connection, made, updated } = await setup();
  await connection.request(callOf("resources/subscribe", { paramsText: '{"uri":"test://one"}' }));
  expect([...made.subscribed]).toEqual(["test://one"]);
  await toolResult(connection, "later", { what: "update" });
  await until(() => updated.length === 1);
  expect(updated).toEqual(["test://one"]);
});

test("a server that ends its stream loses what waits, and one that has forgotten the session has not carried it out", async () => {
  const first = await setup();
  const waiting = toolResult(first.connection, "wait");
  await toolResult(first.connection, "log", { words: [] });
  void first.transport.close();
  await expect(waiting).rejects.toMatchObject({ reason: "UPSTREAM_LOST" });
  expect(await first.connection.closed).toBe("its stream ended");
  const second = await setup();
  second.sessions.clear();
  await expect(toolResult(second.connection, "client")).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
});
