/** An enrolled gateway and mcpd, over a real connection. */
import { expect, test } from "bun:test";
import { ApiClient } from "../../../api/api-client.ts";
import type { AppError } from "../../../core/app-error.ts";
import type { ControlEvent } from "../../control-plane.ts";
import { dispatchTasksContract } from "../../dispatch/dispatch-tasks.contract.ts";
import { FakeControlPlane, testProject, testServer } from "../../gateway.fixture.ts";
import { createGateway, GATEWAY_SETTINGS } from "../../gateway.ts";
import { gatewayHandler } from "../../http/gateway-handler.ts";
import { soloLink } from "../../link/replica-link.ts";
import { ScriptedServer, toolText } from "../../scripted-upstream.fixture.ts";
import { type FakeMcpd, startFakeMcpd } from "./fake-mcpd.fixture.ts";
import { REMOTE_LIMITS, remoteControlPlane, remoteKeyring } from "./remote-control-plane.ts";

const QUICK = { ...REMOTE_LIMITS, retry: { firstMs: 1, maxMs: 2 }, auditGatherMs: 1 };

function setup(limits: Partial<typeof QUICK> = {}) {
  const control = new FakeControlPlane({
    revision: 4,
    projects: [testProject("demo", ["one"])],
    servers: [testServer("one")],
    secrets: { key: "value" },
  });
  const mcpd = startFakeMcpd(control);
  const failures: AppError[] = [];
  const client = new ApiClient({ baseUrl: mcpd.url, bearer: mcpd.key });
  const remote = remoteControlPlane({ client, onFailure: (error) => failures.push(error), limits: { ...QUICK, ...limits } });
  return { control, mcpd, failures, client, remote };
}

async function closing({ remote, mcpd }: { remote: { close(): Promise<void> }; mcpd: FakeMcpd }): Promise<void> {
  await remote.close();
  await mcpd[Symbol.asyncDispose]();
}

/** Waits for what the other side does; the test's own time is the limit. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}

function watching(remote: ReturnType<typeof setup>["remote"]) {
  const heard: string[] = [];
  const write = (event: ControlEvent) => {
    if (event.kind === "lost") heard.push("lost");
    else if (event.kind === "connected") heard.push(`connected at ${event.revision}`);
    else heard.push(`${event.event.revision}: ${event.event.touched.map(({ kind }) => kind).join(" ")}`);
  };
  return { heard, stop: remote.watch(write) };
}

test("credentials, the snapshot with its secrets, ended sessions and keys come as mcpd has them", async () => {
  const own = setup();
  const { control, remote, client } = own;
  const token = control.issue("demo", { expiresAt: new Date("2030-01-01T00:00:00Z") });
  expect(await remote.introspect(token, "203.0.113.7")).toEqual(control.grants.get(token));
  expect(own.mcpd.addresses).toEqual(["203.0.113.7"]);
  expect(await remote.introspect("mcpctl_ses_nobody")).toBeUndefined();
  expect(await remote.snapshot()).toEqual(control.current);
  const expiresAt = new Date("2026-01-02T00:00:00Z");
  await remote.endSession("a".repeat(64), expiresAt);
  expect(await remote.endedSessions()).toEqual([{ idHash: "a".repeat(64), expiresAt }]);
  const keyring = await remoteKeyring(client);
  expect([keyring?.current.number, keyring?.previous.map(({ number }) => number)]).toEqual([3, [2]]);
  await closing(own);
});

test("a question that mcpd cannot answer throws with mcpd's own words, and so does one that does not reach it", async () => {
  const own = setup();
  own.control.down = true;
  await expect(own.remote.introspect("x")).rejects.toMatchObject({ code: "unavailable", message: "the database is away" });
  await closing(own);
  await expect(own.remote.introspect("x")).rejects.toMatchObject({ reason: "API_UNREACHABLE" });
});

test("a watch says at which revision it begins and then each change, and ends when it is told to", async () => {
  const own = setup();
  const { heard, stop } = watching(own.remote);
  await until(() => heard.length === 1);
  own.control.announce("rbac");
  own.control.announce("servers");
  await until(() => heard.length === 3);
  expect(heard).toEqual(["connected at 4", "5: rbac", "6: servers"]);
  stop();
  await until(() => own.mcpd.streams.open === 0);
  expect(heard).toHaveLength(3);
  await closing(own);
});

test("a watch that breaks is opened again, and says what revision it finds", async () => {
  const own = setup();
  const { heard } = watching(own.remote);
  await until(() => heard.length === 1);
  own.mcpd.cut(false);
  await until(() => own.failures.length >= 2);
  own.control.announce("rbac");
  own.mcpd.cut(true);
  await until(() => heard.at(-1) === "connected at 5");
  expect(heard[1]).toBe("lost");
  await closing(own);
  await until(() => own.mcpd.streams.open === 0);
});

test("a watch that says nothing for its time is opened anew, which is no loss", async () => {
  // Long enough for a stream to open on a busy machine: one that does not open is a loss.
  const own = setup({ quietMs: 200 });
  const { heard } = watching(own.remote);
  await until(() => own.mcpd.streams.opened >= 3);
  expect(new Set(heard)).toEqual(new Set(["connected at 4"]));
  await closing(own);
});

test("a gateway over it serves, hears of changes and revocations, and hands its audit events over", async () => {
  const own = setup();
  const { control, remote } = own;
  const token = control.issue("demo");
  const gateway = await createGateway(
    {
      control: remote,
      keyring: { current: { number: 1, key: new Uint8Array(32) }, previous: [] },
      clock: { now: () => new Date() },
      monotonicNow: () => performance.now(),
      connect: (server, events) => new ScriptedServer({ lists: { tools: [toolText("a")] } }).connect(server.handle, events),
      link: soloLink("process1"),
      onFailure: () => {},
    },
    { ...GATEWAY_SETTINGS, bindAddress: "127.0.0.1", gatherChangesMs: 0 },
  );
  gateway.start();
  await gateway.settled();
  const handler = gatewayHandler(gateway.pipeline);
  const post = (body: object, session?: string) => {
    const headers = { host: "127.0.0.1", authorization: `Bearer ${token}`, "content-type": "application/json" };
    const all = session === undefined ? headers : { ...headers, "mcp-session-id": session };
    return handler(
      new Request("http://127.0.0.1/mcp", { method: "POST", headers: all, body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }) }),
    );
  };
  const session = (await post({ method: "initialize", params: { protocolVersion: "2025-11-25" } })).headers.get("mcp-session-id") ?? "";
  const tools = async () => {
    const reply = (await (await post({ method: "tools/list" }, session)).json()) as { result: { tools: { name: string }[] } };
    return reply.result.tools.map(({ name }) => name);
  };
  expect(await tools()).toEqual(["one__a"]);
  await until(() => own.mcpd.streams.open === 1);
  control.change({ servers: [testServer("one"), testServer("two")], projects: [testProject("demo", ["one", "two"])] });
  await until(async () => (await tools()).length === 2);
  control.grants.delete(token);
  control.announce("mcptokens", "of somebody else");
  control.announce("rbac");
  await until(async () => (await post({ method: "ping" }, session)).status === 401);
  await gateway.close();
  await closing(own);
  const kinds = control.audited.map(({ kind }) => kind);
  expect(kinds[0]).toBe("session_bind");
  expect(kinds.at(-1)).toBe("gate_decision");
  expect(new Set(own.mcpd.batches).size).toBe(own.mcpd.batches.length);
});

dispatchTasksContract("over the wire", async (run) => {
  const own = setup();
  try {
    if (own.remote.tasks === undefined) throw new Error("an enrolled gateway has tasks");
    await run(own.remote.tasks, (ms) => {
      own.control.taskTime += ms;
    });
  } finally {
    await closing(own);
  }
});
