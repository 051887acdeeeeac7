/** Sessions as clients see them. */

import { expect, test } from "bun:test";
import type { CancelSignal } from "../../core/cancel-signal.ts";
import { initialized, openGateway, readEvents } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });

test("initialize echoes a revision it knows and answers any other with 2025-11-25", async () => {
  await using gateway = await openGateway({ servers: { one: tools() } });
  for (const path of ["/projects/demo/mcp", "/api/v1/mcp/one"]) {
    for (const revision of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
      expect((await gateway.client({ path }).initialize(revision)).result.protocolVersion).toBe(revision);
    }
    for (const revision of ["2026-07-28", "1999-01-01", ""]) {
      expect((await gateway.client({ path }).initialize(revision)).result.protocolVersion).toBe("2025-11-25");
    }
  }
});

test("the session id is visible ASCII of at most 1 KB, and no two are alike", async () => {
  await using gateway = await openGateway({ servers: { one: tools() } });
  const ids = await Promise.all(Array.from({ length: 20 }, async () => (await initialized(gateway)).sessionId ?? ""));
  expect(new Set(ids).size).toBe(20);
  for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{32,1024}$/);
});

test("DELETE ends a session with 204, and then it is 404, also after a restart", async () => {
  await using gateway = await openGateway({ servers: { one: tools() } });
  const client = await initialized(gateway);
  const response = await client.end();
  expect({ status: response.status, body: await response.text() }).toEqual({ status: 204, body: "" });
  expect((await client.end()).status).toBe(404);
  expect((await client.send("ping")).status).toBe(404);
  await using again = await gateway.restart();
  const later = again.client();
  later.sessionId = client.sessionId;
  expect((await later.send("ping")).status).toBe(404);
});

test("a session that was not ended works after a restart", async () => {
  await using gateway = await openGateway({ servers: { one: tools() } });
  const client = await initialized(gateway);
  await gateway.gateway.close();
  await using again = await gateway.restart();
  const later = again.client();
  later.sessionId = client.sessionId;
  expect(await later.toolNames()).toEqual(["one__a"]);
});

test("a session is 404 when its day is over", async () => {
  await using gateway = await openGateway({ servers: { one: tools() } });
  const client = await initialized(gateway);
  gateway.time.ms += 24 * 3600_000 - 1;
  expect((await client.send("ping")).status).toBe(200);
  gateway.time.ms += 1;
  expect((await client.send("ping")).status).toBe(404);
});

test("an id in flight is refused in the same session and taken in another", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const slow = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => promise } });
  await using gateway = await openGateway({ servers: { one: slow } });
  const [mine, theirs] = [await initialized(gateway), await initialized(gateway)];
  const first = mine.send("tools/call", { name: "one__a" }, { id: 7 });
  const response = await mine.send("tools/call", { name: "one__a" }, { id: 7 });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ id: 7, error: { code: -32600 } });
  const other = theirs.send("tools/call", { name: "one__a" }, { id: 7 });
  resolve('{"jsonrpc":"2.0","id":7,"result":{}}');
  expect(await (await first).json()).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  expect(await (await other).json()).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  expect(await mine.request("ping", undefined, { id: 7 })).toMatchObject({ id: 7, result: {} });
});

test("an id is the same however it is written", async () => {
  const hung = new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": () => new Promise(() => {}) } });
  await using gateway = await openGateway({ servers: { one: hung } });
  const client = await initialized(gateway);
  const written = [
    ["7", "7.0"],
    ['"A"', '"\\u0041"'],
    ["12345678901234567890", "12345678901234567890"],
  ] as const;
  for (const [one, other] of written) {
    const post = (id: string) => client.post(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"one__a"}}`);
    const first = post(one);
    expect((await post(other)).status).toBe(400);
    await client.post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${other}}}`);
    expect(await (await first).json()).toMatchObject({ error: { code: -31099 } });
  }
});

test("the end of a session cancels its calls and closes its streams, and leaves others alone", async () => {
  const signals: CancelSignal[] = [];
  const hung = new ScriptedServer({
    lists: { tools: [toolText("a")] },
    answers: {
      "tools/call": (call) => {
        signals.push(call.signal);
        return new Promise(() => {});
      },
    },
  });
  await using gateway = await openGateway({ servers: { one: hung } });
  const [mine, theirs] = [await initialized(gateway), await initialized(gateway)];
  const events = readEvents(await mine.get());
  const call = mine.send("tools/call", { name: "one__a" });
  void theirs.send("tools/call", { name: "one__a" });
  while (signals.length < 2) await Promise.resolve();
  await mine.end();
  expect(await (await call).json()).toMatchObject({ error: { code: -31099 } });
  await expect(events.next()).rejects.toThrow("the stream has ended");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
});
