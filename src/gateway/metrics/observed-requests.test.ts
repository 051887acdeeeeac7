/** What a gateway tells of its requests and of itself to who counts. */
import { expect, test } from "bun:test";
import type { FinishedRequest } from "../audit/finished-request.ts";
import { initialized, openGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });

function watched() {
  const seen: FinishedRequest[] = [];
  return { seen, observe: (request: FinishedRequest) => void seen.push(request) };
}

test("each request that is over is told once, with its server, how it ended and how long it took", async () => {
  const { seen, observe } = watched();
  await using gateway = await openGateway({ servers: { one: tools() }, observe });
  const client = await initialized(gateway);
  await client.request("tools/call", { name: "one__a" });
  await client.request("tools/call", { name: "one__b" });
  await client.notify("notifications/initialized", {});
  const facts = seen.map(({ trail, server, outcome, code, status }) => {
    const method = trail.message?.kind === "request" || trail.message?.kind === "notification" ? trail.message.method : undefined;
    return { method, server, outcome, code, status };
  });
  expect(facts).toEqual([
    { method: "initialize", server: undefined, outcome: "ok", code: undefined, status: 200 },
    { method: "tools/call", server: "one", outcome: "ok", code: undefined, status: 200 },
    { method: "tools/call", server: "one", outcome: "failed", code: "-32602", status: 200 },
    { method: "notifications/initialized", server: undefined, outcome: "ok", code: undefined, status: 202 },
  ]);
  expect(seen.every(({ durationMs }) => durationMs >= 0)).toBe(true);
});

test("a server that a client made up is none, by path and by tool; refusals before the body was read are told too", async () => {
  const { seen, observe } = watched();
  await using gateway = await openGateway({ servers: { one: tools() }, observe });
  const client = await initialized(gateway);
  seen.length = 0;
  await client.request("tools/call", { name: "made-up__a" });
  await gateway.fetch("/api/v1/mcp/made-up", { method: "POST", headers: client.headers() });
  await gateway.fetch("/projects/demo/mcp", { method: "POST", headers: { authorization: "Bearer nobody" } });
  expect(seen.map(({ server, status, code }) => ({ server, status, code }))).toEqual([
    { server: undefined, status: 200, code: "-32602" },
    { server: undefined, status: 404, code: "server_not_found" },
    { server: undefined, status: 401, code: "unauthenticated" },
  ]);
});

test("each message of a batch is told, and the batch as a whole is not", async () => {
  const { seen, observe } = watched();
  await using gateway = await openGateway({ servers: { one: tools() }, observe });
  const client = gateway.client();
  await client.initialize("2025-03-26");
  seen.length = 0;
  const ping = (id: number) => ({ jsonrpc: "2.0", id, method: "ping" });
  await client.post(JSON.stringify([ping(1), ping(2)]));
  expect(seen).toHaveLength(2);
});

test("the vitals tell what is held, what is in flight, and how servers stand", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = new ScriptedServer({
    lists: { tools: [toolText("a")] },
    answers: { "tools/call": ({ idText }) => promise.then(() => `{"jsonrpc":"2.0","id":${idText},"result":{}}`) },
  });
  const away = tools();
  await using gateway = await openGateway({ servers: { one: slow, two: away, off: tools() }, disabled: ["off"] });
  const client = await initialized(gateway);
  const listening = await client.get();
  const call = client.request("tools/call", { name: "one__a" });
  // The call is in flight when another message of the session is answered.
  await client.request("ping");
  away.die("it exited");
  gateway.time.ms += 2000;
  const { sessionsHeld, streamsOpen, servers } = gateway.gateway.vitals();
  expect({ sessionsHeld, streamsOpen }).toEqual({ sessionsHeld: 1, streamsOpen: { legacy: 1, modern: 0 } });
  expect(servers).toEqual([
    { handle: "one", state: "ready", cause: undefined, callsInFlight: 1, stale: false, catalogAgeMs: 2000 },
    { handle: "two", state: "failed", cause: undefined, callsInFlight: 0, stale: true, catalogAgeMs: 2000 },
    { handle: "off", state: "disabled", cause: undefined, callsInFlight: 0, stale: false, catalogAgeMs: undefined },
  ]);
  resolve();
  await call;
  await listening.body?.cancel();
  expect(gateway.gateway.vitals()).toMatchObject({ streamsOpen: { legacy: 0 }, servers: [{ callsInFlight: 0 }, {}, {}] });
});
