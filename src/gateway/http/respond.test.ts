/** The stream that a client opens with GET, through the gateway. */
import { describe, expect, test } from "bun:test";
import { initialized, openGateway, readEvents } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { STREAM_LIMITS, type StreamLimits } from "../stream/stream-settings.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const tools = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });

/** Lets the gateway read what was announced: readings of scripted servers take some turns of the loop. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("a GET opens an event stream that says at once that it is open, and that no proxy holds back", async () => {
  await using gateway = await openGateway({ servers: { one: tools("a") } });
  const response = await (await initialized(gateway)).get();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(response.headers.get("cache-control")).toContain("no-cache");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toStartWith(":");
  await reader.cancel();
});

test("a change of a server's lists is told on the open streams of those sessions that see it, and on no other", async () => {
  const [one, two] = [tools("a"), tools("b")];
  await using gateway = await openGateway({ servers: { one, two }, projects: { demo: ["one"], other: ["two"] } });
  const other = gateway.control.issue("other");
  const seesOne = [
    readEvents(await (await initialized(gateway)).get()),
    readEvents(await (await initialized(gateway, { path: "/mcp" })).get()),
  ];
  const seesTwo = readEvents(await (await initialized(gateway, { path: "/mcp", token: other })).get());
  one.lists = { tools: [toolText("a"), toolText("new")] };
  one.announce();
  for (const events of seesOne)
    expect(await events.next()).toEqual({ jsonrpc: "2.0", method: "notifications/tools/list_changed" } as object);
  await turns();
  two.lists = { tools: [toolText("b")], prompts: ['{"name":"p"}'] };
  two.announce();
  // What comes first on this stream is not the change of the other project's server.
  expect(await seesTwo.next()).toMatchObject({ method: "notifications/prompts/list_changed" });
});

test("lists that are what they were are not announced", async () => {
  const one = tools("a");
  await using gateway = await openGateway({ servers: { one } });
  const client = await initialized(gateway);
  const events = readEvents(await client.get());
  one.announce();
  await turns();
  expect(one.of("tools/list")).toHaveLength(2);
  one.lists = { tools: [toolText("a")], resources: ['{"uri":"x://1"}'] };
  one.announce();
  expect(await events.next()).toMatchObject({ method: "notifications/resources/list_changed" });
});

test("a server that comes back is announced to those who can see it", async () => {
  const one = tools("a").die("it exited with code 1");
  await using gateway = await openGateway({ servers: { one, two: tools("b") } });
  const client = await initialized(gateway);
  expect(await client.toolNames()).toEqual(["two__b"]);
  const events = readEvents(await client.get());
  one.comeBack();
  expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
  expect(await client.toolNames()).toEqual(["one__a", "two__b"]);
});

test("a message goes out on one of a session's streams, and on the next one when that is gone", async () => {
  const one = tools("a");
  await using gateway = await openGateway({ servers: { one } });
  const client = await initialized(gateway);
  const [first, second] = [readEvents(await client.get()), readEvents(await client.get())];
  one.lists = { tools: [] };
  one.announce();
  await first.next();
  await first.cancel();
  one.lists = { tools: [toolText("a")], prompts: ['{"name":"p"}'] };
  one.announce();
  expect(await second.next()).toMatchObject({ method: "notifications/tools/list_changed" });
  expect(await second.next()).toMatchObject({ method: "notifications/prompts/list_changed" });
});

test("the stream of a reader that has gone holds its session no longer, or for as long as the reader may come back", async () => {
  await using gateway = await openGateway({ servers: { one: tools("a") }, settings: { streams: { ...STREAM_LIMITS, graceMs: 1 } } });
  const idle = () => [...gateway.gateway.pipeline.sessions.held()].map((session) => session.idle);
  for (const revision of ["2025-06-18", "2025-11-25"]) {
    const client = await initialized(gateway, { revision });
    const response = await client.get();
    expect(idle()).toEqual([false]);
    await response.body?.cancel();
    await waitUntil(() => idle()[0] === true);
    await client.end();
  }
});

describe("a reader that does not read", () => {
  const flood = async (settings: Partial<StreamLimits>, size: number, revision: string) => {
    let cut = 0;
    const onStreamCut = () => {
      cut += 1;
    };
    const gateway = await openGateway({
      servers: { one: tools("a") },
      settings: { streams: { ...STREAM_LIMITS, ...settings } },
      onStreamCut,
    });
    const client = await initialized(gateway, { revision });
    const events = readEvents(await client.get());
    await events.nextEvent().catch(() => {});
    const [session] = [...gateway.gateway.pipeline.sessions.held()];
    for (let sent = 0; sent < 3000; sent += 1)
      session?.push(JSON.stringify({ jsonrpc: "2.0", method: "x".repeat(size), params: { sent } }));
    return { gateway, client, events, cut: () => cut };
  };

  test.each([
    ["messages", { maxUnreadMessages: 100 }, 10],
    ["bytes", { maxUnreadBytes: 100_000 }, 1000],
  ])("is cut off when it has left too many %s unread, and counted", async (_, settings, size) => {
    const { gateway, events, cut } = await flood(settings, size, "2025-11-25");
    await expect(events.next()).rejects.toThrow("the stream has ended");
    expect([gateway.gateway.counts.streamsCut, cut()]).toEqual([1, 1]);
    await gateway.gateway.close();
  });

  test("and comes back gets the last of what it missed, and goes on", async () => {
    const { gateway, client, events } = await flood({ maxUnreadMessages: 100, maxKeptMessages: 5 }, 10, "2025-11-25");
    const lastSeen = await events.nextEvent().catch(() => undefined);
    expect(lastSeen).toBeUndefined();
    const again = readEvents(await client.get({ "last-event-id": `${gateway.gateway.pipeline.link.self}.g1.0` }));
    expect(await again.next()).toMatchObject({ params: { sent: expect.any(Number) } });
    await gateway.gateway.close();
  });
});

test("streams close when the gateway does", async () => {
  const gateway = await openGateway({ servers: { one: tools("a") } });
  const events = readEvents(await (await initialized(gateway)).get());
  await gateway.gateway.close();
  await expect(events.next()).rejects.toThrow("the stream has ended");
});
