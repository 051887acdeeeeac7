/**
 * Of 20 servers 8 are bad, each in a way of its own. Nothing here waits for a time: what had to wait for one of the 8 would
 * wait for ever.
 */
import { expect, test } from "bun:test";
import { initialized, openGateway, type TestClient, type TestGateway } from "../gateway.fixture.ts";
import { type Answering, ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { upstreamBroken, upstreamLost } from "../upstream/upstream-errors.ts";
import { RESILIENCE_SETTINGS } from "./resilience-settings.ts";

const GOOD = 12;
const CALLS = 50;

const never = () => new Promise<string>(() => {});
const listed = { lists: { tools: [toolText("a")] } };
const result = ({ idText }: UpstreamCall) => `{"jsonrpc":"2.0","id":${idText},"result":{"ok":true}}`;
const onCall = (answer: Answering) => new ScriptedServer({ ...listed, answers: { "tools/call": answer } });

/** Says so much of a call that a reader could drown in it, and never answers. */
function flood(call: UpstreamCall): Promise<string> {
  for (let message = 0; message < 5000; message += 1) {
    call.onNotification?.(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${message}}}`);
  }
  return never();
}

/** The first bytes of an answer, and then nothing. */
const dripping = () =>
  new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"jsonrpc":"2.0",')) });

const BAD: Readonly<Record<string, () => ScriptedServer>> = {
  dead: () => new ScriptedServer(listed).die("it exited with code 1"),
  "never-starts": () => new ScriptedServer(listed).hang(),
  "never-answers": () => onCall(never),
  "never-lists": () => new ScriptedServer({ ...listed, answers: { "tools/list": never, "tools/call": never } }),
  floods: () => onCall(flood),
  drips: () => onCall(dripping),
  "lies-about-length": () =>
    onCall(() => {
      throw upstreamLost("lies-about-length", "the connection ended before the answer");
    }),
  "no-json": () =>
    new ScriptedServer({
      ...listed,
      answers: {
        "tools/list": () => '{"jsonrpc":"2.0","id":1,"result":{"tools":[{',
        "tools/call": () => {
          throw upstreamBroken("no-json", "a reply that is no JSON-RPC message");
        },
      },
    }),
};

interface Fleet {
  readonly gateway: TestGateway;
  readonly client: TestClient;
  readonly servers: Readonly<Record<string, ScriptedServer>>;
  readonly good: readonly string[];
}

async function openFleet(): Promise<Fleet> {
  const good = Array.from({ length: GOOD }, (_, at) => `good-${at}`);
  // Bad ones stand before, between and after the others.
  const bad = Object.entries(BAD).map(([handle, make]): [string, ScriptedServer] => [handle, make()]);
  const fine = good.map((handle): [string, ScriptedServer] => [handle, onCall(result)]);
  const servers = Object.fromEntries([...bad.slice(0, 3), ...fine.slice(0, 6), ...bad.slice(3, 6), ...fine.slice(6), ...bad.slice(6)]);
  const settings = { resilience: { ...RESILIENCE_SETTINGS, concurrency: 8, watchMs: 1 } };
  const gateway = await openGateway({ servers, settings, settle: false });
  const client = await initialized(gateway);
  for (const handle of good) await gateway.gateway.pipeline.served.server(handle)?.host.catalog.refresh();
  return { gateway, client, servers, good };
}

/** Calls to every bad server, more than it has room for, which nobody waits for. */
async function callTheBad({ client }: Fleet): Promise<Promise<number>[]> {
  const calls = Object.keys(BAD).flatMap((handle) =>
    Array.from({ length: 20 }, () => client.send("tools/call", { name: `${handle}__a` }, { accept: "text/event-stream" })),
  );
  const statuses = calls.map((call) => call.then(({ status }) => status));
  await new Promise((resolve) => setImmediate(resolve));
  return statuses;
}

/** Calls to all good servers at once, one after the other at each. */
async function callTheGood({ client, good }: Fleet): Promise<number> {
  const ok = await Promise.all(
    good.map(async (handle) => {
      let done = 0;
      for (let call = 0; call < CALLS; call += 1) {
        const reply = await client.request("tools/call", { name: `${handle}__a`, arguments: { call } });
        if (reply.result?.ok === true) done += 1;
      }
      return done;
    }),
  );
  return ok.reduce((sum, done) => sum + done, 0);
}

const close = async ({ gateway, client }: Fleet) => {
  await client.end();
  await gateway.gateway.close();
};

test("of 20 servers 8 are dead, hang, flood, stall or lie: no call to the other 12 fails or waits for them", async () => {
  const fleet = await openFleet();
  await callTheBad(fleet);
  expect(await callTheGood(fleet)).toBe(GOOD * CALLS);
  await callTheBad(fleet);
  expect(await callTheGood(fleet)).toBe(GOOD * CALLS);
  for (const handle of fleet.good) expect(fleet.servers[handle]?.of("tools/call")).toHaveLength(2 * CALLS);
  await close(fleet);
});

test("lists of the project come while the 8 are as they are, with what the others offer", async () => {
  const fleet = await openFleet();
  await callTheBad(fleet);
  const names = await fleet.client.toolNames();
  for (const handle of fleet.good) expect(names).toContain(`${handle}__a`);
  for (const handle of ["dead", "never-starts", "never-lists", "no-json"]) expect(names).not.toContain(`${handle}__a`);
  const again = await Promise.all(Array.from({ length: 20 }, () => fleet.client.toolNames()));
  expect(new Set(again.map((list) => list.join())).size).toBe(1);
  await close(fleet);
});

test("a bad server takes no more than its own room, and says so to the next caller at once", async () => {
  const fleet = await openFleet();
  const statuses = await callTheBad(fleet);
  const inFlight = (handle: string) => fleet.gateway.gateway.pipeline.served.server(handle)?.host.upstream.inFlight ?? 0;
  for (const handle of Object.keys(BAD)) expect(inFlight(handle)).toBeLessThanOrEqual(8);
  const next = await fleet.client.send("tools/call", { name: "never-answers__a" });
  expect([next.status, next.headers.get("retry-after")]).toEqual([429, "1"]);
  await close(fleet);
  // Nobody is left waiting when all is over.
  expect((await Promise.all(statuses)).length).toBe(160);
  for (const handle of Object.keys(BAD)) expect(inFlight(handle)).toBe(0);
});

test("each state says what is wrong with its server, and the others are ready", async () => {
  const fleet = await openFleet();
  await callTheBad(fleet);
  const states = () => new Map(fleet.gateway.gateway.statuses().map(({ handle, state, reason }) => [handle, { state, reason }]));
  const seen = states();
  for (const handle of fleet.good) expect(seen.get(handle)).toEqual({ state: "ready", reason: undefined });
  expect(seen.get("dead")).toMatchObject({ state: "failed", reason: "it exited with code 1" });
  expect(seen.get("never-starts")?.state).toBe("starting");
  expect(seen.get("no-json")).toMatchObject({ state: "degraded", reason: expect.any(String) });
  await close(fleet);
});

test("a server that never says what it offers holds up the first call and the first list, and none after them", async () => {
  const mute = new ScriptedServer({ ...listed, answers: { "tools/list": never } });
  const catalog = { ...RESILIENCE_SETTINGS.catalog, readTimeoutMs: 5 };
  const settings = { resilience: { ...RESILIENCE_SETTINGS, catalog } };
  await using gateway = await openGateway({ servers: { mute, other: onCall(result) }, settings });
  const client = await initialized(gateway);
  const own = await initialized(gateway, { path: "/api/v1/mcp/mute" });
  const readings = () => mute.of("tools/list").length;
  // The gateway has read it once, and that failed.
  const before = readings();
  for (let nth = 0; nth < 10; nth += 1) {
    const refused = await client.send("tools/call", { name: "mute__a" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await own.send("tools/list")).status).toBe(503);
    expect(await client.toolNames()).toEqual(["other__a"]);
  }
  expect(readings()).toBe(before);
  // Its time is up: it is read again, and nobody waits for that.
  gateway.time.ms += catalog.negativeTtlMs;
  expect((await client.send("tools/call", { name: "mute__a" })).status).toBe(503);
  expect(readings()).toBe(before + 1);
});

test("one that dies in the midst of calls fails these, and is called again when it is back", async () => {
  const gates: ReturnType<typeof Promise.withResolvers<string>>[] = [];
  let well = false;
  const mortal = onCall((call) => {
    if (well) return result(call);
    gates.push(Promise.withResolvers<string>());
    return gates.at(-1)?.promise ?? "";
  });
  await using gateway = await openGateway({ servers: { mortal, other: onCall(result) } });
  const client = await initialized(gateway);
  const calls = Array.from({ length: 10 }, () => client.request("tools/call", { name: "mortal__a" }));
  while (gates.length < 10) await new Promise((resolve) => setImmediate(resolve));
  mortal.die("it exited with code 9");
  for (const gate of gates) gate.reject(upstreamLost("mortal", "it exited with code 9"));
  expect(await client.request("tools/call", { name: "other__a" })).toMatchObject({ result: { ok: true } });
  for (const call of calls) expect(await call).toMatchObject({ error: { code: -31005, data: { reason: "UPSTREAM_LOST" } } });
  well = true;
  mortal.comeBack();
  expect(await client.request("tools/call", { name: "mortal__a" })).toMatchObject({ result: { ok: true } });
});
