/** Servers that nobody calls are asked how they are, on the way that calls take. */
import { describe, expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { initialized, openGateway, type Setup, type TestGateway, testServer } from "../gateway.fixture.ts";
import { GATEWAY_SETTINGS } from "../gateway.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { UpstreamAnswer, UpstreamCall } from "../upstream/upstream.ts";
import { upstreamLost } from "../upstream/upstream-errors.ts";
import { probeOf } from "./probe-server.ts";
import { type ProbeSettings, RESILIENCE_SETTINGS, type ResiliencePolicy } from "./resilience-settings.ts";

/** By default a server is probed when 30 s have passed, a tenth more or less. */
const INTERVAL_MS = 33_000;

/** A gateway that looks at its servers all the time, has done so once, and waits for a probe as briefly as can be. */
async function open(setup: Setup, probe: Partial<ProbeSettings> = {}): Promise<TestGateway> {
  const resilience = { ...RESILIENCE_SETTINGS, watchMs: 1, probe: { ...RESILIENCE_SETTINGS.probe, timeoutMs: 5, ...probe } };
  const gateway = await openGateway({ ...setup, settings: { resilience, ...setup.settings } });
  await until(() => gateway.stateChanges.length > 0);
  return gateway;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Until this server has been looked at several times more: what was to come of it has. */
async function looks(server: ScriptedServer): Promise<void> {
  const before = server.looks;
  await until(() => server.looks >= before + 20);
}

const tools = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });
const states = ({ gateway }: TestGateway) => gateway.statuses().map(({ handle, state }) => `${handle} ${state}`);
const probes = (server: ScriptedServer) => server.calls.filter(({ idText }) => idText === '"mcpctl-probe"');

/** A server whose tools a test lets be listed, or not. */
function moody() {
  const mood: { answer: (call: UpstreamCall) => UpstreamAnswer | Promise<UpstreamAnswer> } = { answer: list };
  function list({ idText }: UpstreamCall) {
    return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${toolText("a")}]}}`;
  }
  const server = new ScriptedServer({ lists: { tools: [] }, answers: { "tools/list": (call) => mood.answer(call) } });
  return { server, mood, list, silence: () => new Promise<string>(() => {}) };
}

/** A control plane may tell policies of servers. */
const withPolicy = (handle: string, policy: ResiliencePolicy) => ({ ...testServer(handle), policy });

describe("a probe", () => {
  test("asks every running server for its tools when nobody has called it for a while, without any setting", async () => {
    const servers = { one: tools("a"), two: tools("b"), off: tools("c") };
    await using gateway = await open({ servers, disabled: ["off"] });
    await looks(servers.one);
    expect([servers.one, servers.two].map((server) => probes(server).length)).toEqual([0, 0]);
    gateway.time.ms += INTERVAL_MS;
    await until(() => probes(servers.one).length === 1 && probes(servers.two).length === 1);
    expect(probes(servers.one)).toMatchObject([{ method: "tools/list", peer: undefined }]);
    expect(servers.off.calls).toEqual([]);
    await looks(servers.one);
    expect(probes(servers.one)).toHaveLength(1);
    gateway.time.ms += INTERVAL_MS;
    await until(() => probes(servers.one).length === 2);
  });

  test("comes after the interval, and waits as long, as the settings say that came last", async () => {
    const { server, mood, silence } = moody();
    await using gateway = await open({ servers: { one: server } }, { timeoutMs: 3_600_000 });
    const probe = { ...RESILIENCE_SETTINGS.probe, intervalMs: 1000, timeoutMs: 5, failures: 1 };
    gateway.gateway.reconfigure({ ...GATEWAY_SETTINGS, resilience: { ...RESILIENCE_SETTINGS, probe } });
    mood.answer = silence;
    gateway.time.ms += 2000;
    await until(() => states(gateway)[0] === "one failed");
    expect(probes(server).length).toBeGreaterThan(0);
  });

  test("is not made of a server whose calls succeed", async () => {
    const one = tools("a");
    await using gateway = await open({ servers: { one } });
    const client = await initialized(gateway);
    for (let turn = 0; turn < 5; turn += 1) {
      gateway.time.ms += 20_000;
      expect((await client.send("tools/call", { name: "one__a" })).status).toBe(200);
      await looks(one);
    }
    expect(probes(one)).toEqual([]);
  });

  test("is not made of a server that is away: who keeps the connection tries by itself", async () => {
    const one = tools("a");
    await using gateway = await open({ servers: { one } });
    one.die("it exited with code 1");
    gateway.time.ms += INTERVAL_MS;
    await looks(one);
    expect(one.of("tools/list")).toHaveLength(1);
    expect(states(gateway)).toEqual(["one failed"]);
  });

  test("comes as often as the server's policy says, or never, and that may change while it runs", async () => {
    const [often, never, usual] = [tools("a"), tools("b"), tools("c")];
    await using gateway = await open({ servers: { often, never, usual } });
    gateway.control.change({
      servers: [withPolicy("often", { probe: { intervalSeconds: 5 } }), withPolicy("never", { probe: "off" }), testServer("usual")],
    });
    const limits = () => gateway.gateway.pipeline.served.server("never")?.host.upstream.limits.probeIntervalMs;
    await until(() => limits() === undefined);
    gateway.time.ms += 6000;
    await until(() => probes(often).length === 1);
    expect(probes(usual)).toEqual([]);
    gateway.time.ms += INTERVAL_MS;
    await until(() => probes(often).length === 2 && probes(usual).length === 1);
    expect(probes(never)).toEqual([]);
    expect([often, never, usual].map(({ closed }) => closed)).toEqual([0, 0, 0]);
  });

  test.each([
    ["tools/list", "legacy", { tools: {}, prompts: {} }, "2025-06-18"],
    ["tools/list", "legacy", { tools: {} }, "2026-07-28"],
    ["ping", "legacy", { prompts: {} }, "2025-11-25"],
    ["server/discover", "modern", { prompts: {} }, "2026-07-28"],
  ] as const)("is %s, written as %s, for a server with %j of revision %s", (method, era, capabilities, protocolVersion) => {
    expect(probeOf({ capabilities, protocolVersion, serverInfo: {} })).toMatchObject({ method, era });
  });

  test("that is answered is a good one, with an error or a stream too", async () => {
    const { server, mood } = moody();
    await using gateway = await open({ servers: { one: server } });
    let canceled = false;
    const stream = new ReadableStream<Uint8Array>({
      cancel: () => {
        canceled = true;
      },
    });
    const answers = [({ idText }: UpstreamCall) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}`, () => stream];
    for (const answer of answers) {
      mood.answer = answer;
      const before = probes(server).length;
      gateway.time.ms += INTERVAL_MS;
      await until(() => probes(server).length > before);
      await looks(server);
      expect(states(gateway)).toEqual(["one ready"]);
    }
    expect(canceled).toBe(true);
  });

  test("that is not answered makes a server degraded, several failed, and one that is makes it ready again", async () => {
    const { server, mood, list, silence } = moody();
    await using gateway = await open({ servers: { one: server } });
    const client = await initialized(gateway);
    await until(() => gateway.stateChanges.length === 1);
    mood.answer = silence;
    for (const state of ["degraded", "degraded", "failed"]) {
      const before = probes(server).length;
      gateway.time.ms += INTERVAL_MS;
      await until(() => probes(server).length > before);
      await until(() => states(gateway)[0] === `one ${state}` && (probes(server).at(-1)?.signal.aborted ?? false));
      await looks(server);
    }
    const [status] = gateway.gateway.statuses();
    expect(status).toMatchObject({ state: "failed", reason: expect.stringContaining("Server one did not answer a probe within") });
    // It is not called any more, and says why at once; its lists are the last known ones.
    const refused = await client.send("tools/call", { name: "one__a" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await refused.json()).toMatchObject({
      error: { code: "upstream_unavailable", message: expect.stringContaining("did not answer a probe") },
    });
    expect(status?.stale).toBe(true);
    expect(await client.toolNames()).toEqual(["one__a"]);
    mood.answer = list;
    gateway.time.ms += 2000;
    await until(() => gateway.stateChanges.length === 4);
    gateway.time.ms += 10_000;
    await until(() => states(gateway)[0] === "one ready");
    expect((await client.send("tools/call", { name: "one__a" })).status).toBe(200);
    await until(() => gateway.stateChanges.length === 5);
    expect(gateway.stateChanges.map(({ before, state }) => `${before} → ${state}`)).toEqual([
      "undefined → ready",
      "ready → degraded",
      "degraded → failed",
      "failed → degraded",
      "degraded → ready",
    ]);
  });

  test("that succeeds has lists read that could not be read before", async () => {
    const { server, mood, list } = moody();
    await using gateway = await open({ servers: { one: server } });
    mood.answer = () => {
      throw upstreamLost("one", "no");
    };
    await gateway.gateway.pipeline.served.server("one")?.host.catalog.refresh();
    expect(gateway.gateway.statuses()).toMatchObject([{ state: "degraded", stale: true }]);
    mood.answer = list;
    gateway.time.ms += INTERVAL_MS;
    await until(() => gateway.gateway.statuses()[0]?.stale === false);
    expect(states(gateway)).toEqual(["one ready"]);
  });

  test("never meets many others: servers that hang keep to a few places, and everyone has a turn", async () => {
    let now = 0;
    let most = 0;
    const hanging = () =>
      new ScriptedServer({
        lists: { tools: [] },
        answers: {
          "tools/list": (call) => {
            if (call.idText !== '"mcpctl-probe"') return `{"jsonrpc":"2.0","id":${call.idText},"result":{"tools":[]}}`;
            now += 1;
            most = Math.max(most, now);
            call.signal.addEventListener("abort", () => {
              now -= 1;
            });
            return new Promise<string>(() => {});
          },
        },
      });
    const servers = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`s${at}`, hanging()]));
    await using gateway = await open({ servers }, { maxAtOnce: 3 });
    gateway.time.ms += INTERVAL_MS;
    await until(() => Object.values(servers).every((server) => probes(server).length > 0));
    expect(most).toBe(3);
    expect(Object.values(servers).map((server) => probes(server).length)).toEqual(Array.from({ length: 20 }, () => 1));
  });

  test("is ended when the gateway closes, and none is made after that", async () => {
    const { server, mood, silence } = moody();
    const gateway = await open({ servers: { one: server } }, { timeoutMs: 3_600_000 });
    mood.answer = silence;
    gateway.time.ms += INTERVAL_MS;
    await until(() => probes(server).length === 1);
    await gateway.gateway.close();
    expect(probes(server)[0]?.signal.aborted).toBe(true);
    gateway.time.ms += INTERVAL_MS;
    const { looks: before } = server;
    await new Promise((resolve) => setImmediate(resolve));
    expect([probes(server).length, server.looks]).toEqual([1, before]);
  });
});

describe("states", () => {
  test("are told when they change, those of servers that come, go and are switched off too, each once", async () => {
    const two = tools("b");
    await using gateway = await open({ servers: { one: tools("a"), two }, disabled: ["two"] });
    const told = () => gateway.stateChanges.map(({ handle, state }) => `${handle} ${state}`);
    await until(() => told().length === 2);
    gateway.control.change({ servers: [{ ...testServer("one"), enabled: false }, testServer("two")] });
    await until(() => told().length === 4);
    gateway.control.change({ servers: [testServer("two")] });
    await until(() => told().length === 5);
    await looks(two);
    expect(told()).toEqual(["one ready", "two disabled", "one disabled", "two ready", "one stopped"]);
  });

  test("of a server that fails and succeeds by turns are told once, not with each call", async () => {
    let nth = 0;
    const one = new ScriptedServer({
      lists: { tools: [toolText("a")] },
      answers: {
        "tools/call": ({ idText }) => {
          nth += 1;
          if (nth % 2 === 1) throw new AppError("unavailable", "UPSTREAM_LOST", "Server one was lost during the call");
          return `{"jsonrpc":"2.0","id":${idText},"result":{}}`;
        },
      },
    });
    await using gateway = await open({ servers: { one } });
    const client = await initialized(gateway);
    await until(() => gateway.stateChanges.length === 1);
    for (let call = 0; call < 12; call += 1) {
      await client.send("tools/call", { name: "one__a" });
      gateway.time.ms += 50;
      await looks(one);
    }
    expect(gateway.stateChanges.map(({ state }) => state)).toEqual(["ready", "degraded"]);
    expect(gateway.stateChanges.at(-1)?.reason).toBe("Server one was lost during the call");
  });
});
