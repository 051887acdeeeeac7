import { afterEach, expect, test } from "bun:test";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { create } from "@bufbuild/protobuf";
import { PushFileRequestSchema } from "../../../gen/mcp/v1/mcp_pb.ts";
import { AppError, type ErrorCode } from "../../core/app-error.ts";
import { GRPC_STATUS } from "../../core/error-tables.ts";
import { selfSignedCertificate } from "../certificate/self-signed-certificate.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { fakeAgent, REPORT } from "./fake-agent.fixture.ts";
import { failureOf, type ServedAgent, type ServeOptions, serveAgent } from "./served-agent.fixture.ts";

let agent: ServedAgent | undefined;

afterEach(async () => {
  await agent?.close();
  agent = undefined;
});

async function serve(options: ServeOptions = {}): Promise<ServedAgent> {
  agent = await serveAgent(options);
  return agent;
}

/** An agent whose use cases are those of the fake but for these. */
function withDeploys(change: (asked: unknown[]) => Partial<AgentServiceDeps["useCases"]["deploys"]>): ServeOptions {
  return {
    agent: (asked) => {
      const { useCases } = fakeAgent(asked);
      return { useCases: { ...useCases, deploys: { ...useCases.deploys, ...change(asked) } } };
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("it did not come to that within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("without a valid token every kind of RPC is UNAUTHENTICATED, with none of the roles PERMISSION_DENIED, and nothing is asked of the agent", async () => {
  const { client, asked, audited } = await serve();
  const calls = (token: string) => {
    const user = client(token);
    const empty = (async function* () {})();
    return [user.nodeStatus({}), user.watchEvents({}), user.pushFile(empty), user.exec(empty)].map((call) => failureOf(call));
  };
  for (const error of await Promise.all([...calls(""), ...calls("stranger")])) expect(error.code).toBe("unauthenticated");
  for (const error of await Promise.all(calls("nobody"))) expect(error).toMatchObject({ code: "denied", reason: "ROLE_REQUIRED" });
  expect(asked).toEqual([]);
  expect(audited).toHaveLength(12);
  expect(audited.map(({ outcome }) => outcome)).not.toContain("ok");
});

test("of who has no valid token nothing is read: the refusal is there before the request is whole", async () => {
  const { baseUrl, ca, asked } = await serve();
  const session = connectHttp2(baseUrl, { ca });
  const status = (authorization: object) =>
    new Promise<unknown>((resolve, reject) => {
      const head = { ":method": "POST", ":path": "/mcp.v1.McpAgentService/Deploy", "content-type": "application/grpc", te: "trailers" };
      const request = session.request({ ...head, ...authorization });
      request.once("response", (headers) => headers["grpc-status"] !== undefined && resolve(headers["grpc-status"]));
      request.once("trailers", (trailers) => resolve(trailers["grpc-status"]));
      request.once("error", reject);
      request.resume();
      // A message of 4 MiB is announced, of which one byte comes.
      request.write(Buffer.from([0, 0, 0x40, 0, 0, 0]));
    });
  expect(await status({})).toBe("16");
  expect(await status({ authorization: "Bearer stranger" })).toBe("16");
  expect(await status({ authorization: "Basic cm9vdDo=" })).toBe("16");
  expect(asked).toEqual([]);
  session.destroy();
});

test("a role opens what takes it, and no more", async () => {
  const { client } = await serve();
  expect((await client("ada").nodeStatus({})).nodeName).toBe("edge");
  expect(await failureOf(client("ada").stopService({ serviceName: "web" }))).toMatchObject({ reason: "ROLE_REQUIRED" });
  expect((await client("oli").stopService({ serviceName: "web" })).operation?.id).toBe("op_1");
  expect(await failureOf(client("oli").deploy({ serviceName: "web" }))).toMatchObject({ reason: "ROLE_REQUIRED" });
});

test("every RPC is in the audit when it comes; one that changes something, or fails, when it has ended too", async () => {
  const { client, audited } = await serve();
  await client("ada").liveCheck({ serviceName: "web" });
  await client().restartService({ serviceName: "web", component: "api" });
  await failureOf(client().getOperation({}));
  await until(() => audited.length === 5);
  expect(
    audited.map(({ method, timestamp: _, ...entry }) => ({ ...entry, method: method.replace("/mcp.v1.McpAgentService/", "") })),
  ).toEqual([
    { method: "LiveCheck", target: "web", caller: "ada", outcome: "ok" },
    { method: "RestartService", target: "web/api", caller: "root", outcome: "ok" },
    { method: "RestartService", target: "web/api", caller: "root", outcome: "ended", durationMs: 0 },
    { method: "GetOperation", caller: "root", outcome: "ok" },
    { method: "GetOperation", caller: "root", outcome: "ended", durationMs: 0, reason: "REQUEST_INVALID" },
  ]);
});

test("each code arrives as its gRPC status with reason, message and hint; what is inside stays inside", async () => {
  for (const code of Object.keys(GRPC_STATUS) as ErrorCode[]) {
    const thrown = new AppError(code, "SOME_REASON", "Es läuft schon", { hint: "wait a moment – é", cause: new Error("secret path") });
    const { client, failures } = await serve(withDeploys(() => ({ plan: async () => Promise.reject(thrown) })));
    expect(await failureOf(client().plan({ serviceName: "web" }))).toMatchObject({
      // A canceled call is told by the library's own error.
      ...(code === "canceled" ? { code } : { code, reason: "SOME_REASON", message: "Es läuft schon", hint: "wait a moment – é" }),
    });
    expect(failures).toEqual(code === "internal" ? [thrown.cause] : []);
    await agent?.close();
  }
});

test("an unknown failure is INTERNAL, says nothing of itself, and goes to the log", async () => {
  const fault = new Error("the password is hunter2");
  const { client, failures } = await serve(withDeploys(() => ({ plan: async () => Promise.reject(fault) })));
  const error = await failureOf(client().plan({ serviceName: "web" }));
  expect(error).toMatchObject({ code: "internal", reason: "INTERNAL" });
  expect(`${error.message}${error.hint}`).not.toContain("hunter2");
  expect(failures).toEqual([fault]);
});

test("a deadline ends a call that waits, and the agent hears of it", async () => {
  let heard: AbortSignal | undefined;
  const options = withDeploys(() => ({
    deploy: async () => ({
      id: "op_1",
      finished: (signal) => {
        heard = signal;
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    }),
    plan: () => new Promise(() => undefined),
  }));
  const { client, listener } = await serve(options);
  expect(await failureOf(client().deploy({ serviceName: "web" }, { timeoutMs: 100 }))).toMatchObject({ code: "deadline" });
  await until(() => heard?.aborted === true);
  // One that does not listen to its signal holds no place either.
  expect(await failureOf(client().plan({ serviceName: "web" }, { timeoutMs: 100 }))).toMatchObject({ code: "deadline" });
  await until(() => listener.pendingRequests === 0);
});

test("a stream whose reader has gone ends at the agent", async () => {
  let signal: AbortSignal | undefined;
  const { client } = await serve({
    agent: (asked) => ({
      logs: {
        async *follow(query) {
          signal = query.signal;
          yield* fakeAgent(asked).logs.follow(query);
          await new Promise<void>((resolve) => query.signal.addEventListener("abort", () => resolve()));
        },
      },
    }),
  });
  for await (const _ of client().streamLogs({ serviceName: "web", component: "api" })) break;
  await until(() => signal?.aborted === true);
});

test("a message of 4 MiB passes, a larger one is RESOURCE_EXHAUSTED, in a request, a stream and an answer", async () => {
  const big = "x".repeat(4 * 1024 * 1024 + 1);
  const { client, asked } = await serve(withDeploys(() => ({ plan: async () => ({ token: big, components: [] }) })));
  const spec = { name: "web", comment: big };
  expect(await failureOf(client().deploy({ spec }))).toMatchObject({ code: "exhausted" });
  expect(asked).toEqual([]);
  // It arrives, and is looked at.
  const fits = { name: "web", comment: big.slice(0, -1000) };
  expect(await failureOf(client().deploy({ spec: fits }))).toMatchObject({ reason: "SERVICE_DEFINITION_INVALID" });
  const pushed = client().pushFile(
    (async function* () {
      yield create(PushFileRequestSchema, { what: { case: "head", value: { serviceName: "web", path: "a" } } });
      yield create(PushFileRequestSchema, { what: { case: "chunk", value: Buffer.from(big) } });
    })(),
  );
  expect(await failureOf(pushed)).toMatchObject({ code: "exhausted" });
  expect(await failureOf(client().plan({ serviceName: "web" }))).toMatchObject({ code: "exhausted" });
});

test("a hundred calls run at one time, and those beyond the bound are refused and not queued", async () => {
  const { promise: go, resolve } = Promise.withResolvers<void>();
  let running = 0;
  const slow = withDeploys(() => ({
    plan: async () => {
      running += 1;
      await go;
      return { token: "t", components: [] };
    },
  }));
  const { client } = await serve({ ...slow, maxRpcs: 100 });
  const one = client();
  const all = Array.from({ length: 100 }, () => one.plan({ serviceName: "web" }));
  await until(() => running === 100);
  expect(await failureOf(one.plan({ serviceName: "web" }))).toMatchObject({
    code: "exhausted",
    reason: "TOO_MANY_RPCS",
    retryAfterSeconds: 1,
  });
  resolve();
  expect((await Promise.all(all)).map(({ planToken }) => planToken)).toEqual(Array.from({ length: 100 }, () => "t"));
  expect((await one.plan({ serviceName: "web" })).planToken).toBe("t");
});

test("streams that their callers leave at any moment leave no place taken", async () => {
  const { client, listener } = await serve({ maxRpcs: 5 });
  for (let count = 0; count < 60; count += 1) {
    const leave = new AbortController();
    const stream = client().watchEvents({ serviceName: "web" }, { signal: leave.signal })[Symbol.asyncIterator]();
    const first = stream.next().catch(() => undefined);
    for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
    leave.abort();
    await first;
    await until(() => listener.pendingRequests === 0);
  }
  await Promise.all(Array.from({ length: 5 }, () => client().nodeStatus({})));
});

test("a reader that does not read holds the agent back: no more than what fits on the way is produced", async () => {
  let produced = 0;
  const { client } = await serve({
    agent: () => ({
      files: {
        push: () => Promise.reject(new Error("not here")),
        pull: async () => ({
          mode: 0o600,
          size: 0,
          modifiedAt: new Date(0),
          close: async () => undefined,
          content: (async function* () {
            // What cannot be compressed.
            for (; ; produced++) yield crypto.getRandomValues(new Uint8Array(64 * 1024));
          })(),
        }),
      },
    }),
  });
  const reader = client().pullFile({ serviceName: "web", path: "a" })[Symbol.asyncIterator]();
  await reader.next();
  let before = -1;
  while (before !== produced) {
    before = produced;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(produced * 64).toBeLessThan(32 * 1024);
  await reader.return?.();
});

test("when the agent is to stop, streams end and new calls are refused, while a call in flight is finished", async () => {
  const { promise: go, resolve } = Promise.withResolvers<typeof REPORT>();
  const { client, ending, listener } = await serve({
    agent: (asked) => {
      const fake = fakeAgent(asked);
      const watchEvents = async function* ({ signal }: { readonly signal: AbortSignal }) {
        asked.push("watching");
        await new Promise<void>((wake) => signal.addEventListener("abort", () => wake()));
      };
      const deploy = async () => {
        asked.push("deploying");
        return { id: "op_1", finished: () => go };
      };
      const { status, deploys } = fake.useCases;
      return { useCases: { ...fake.useCases, status: { ...status, watchEvents }, deploys: { ...deploys, deploy } } };
    },
  });
  const stream = failureOf(client().watchEvents({}));
  const call = client().deploy({ serviceName: "web" });
  await until(() => agent?.asked.length === 2);
  ending.abort(new AppError("unavailable", "AGENT_STOPPING", "The agent is stopping"));
  expect(await stream).toMatchObject({ code: "unavailable", reason: "AGENT_STOPPING" });
  expect(await failureOf(client().nodeStatus({}))).toMatchObject({ code: "unavailable", reason: "AGENT_STOPPING" });
  expect(listener.pendingRequests).toBe(1);
  resolve(REPORT);
  expect((await call).operation?.id).toBe("op_1");
});

test("stop ends what does not end by itself, and nobody listens after it", async () => {
  const { client, listener } = await serve(withDeploys(() => ({ plan: () => new Promise(() => undefined) })));
  const call = failureOf(client().plan({ serviceName: "web" }));
  await until(() => listener.pendingRequests === 1);
  const { port } = listener;
  await listener.stop();
  expect(await call).toMatchObject({ code: "unavailable" });
  const refused = new Promise((resolve) => connectTcp(port, "127.0.0.1").once("error", resolve).once("connect", resolve));
  expect(await refused).toMatchObject({ code: "ECONNREFUSED" });
  agent = undefined;
});

test("another certificate is shown to connections from then on, and streams that are open stay", async () => {
  const { client, listener, ca } = await serve({
    agent: (asked) => ({
      heartbeatMs: 5,
      useCases: {
        ...fakeAgent(asked).useCases,
        status: {
          ...fakeAgent(asked).useCases.status,
          async *watchEvents({ signal }) {
            await new Promise<void>((wake) => signal.addEventListener("abort", () => wake()));
          },
        },
      },
    }),
  });
  const stream = client().watchEvents({})[Symbol.asyncIterator]();
  await stream.next();
  const before = await shown(listener.port);
  const validity = { from: new Date(Date.now() - 1000), to: new Date(Date.now() + 60_000) };
  listener.setCertificate(selfSignedCertificate({ commonName: "renewed", hosts: ["127.0.0.1"], ...validity }));
  expect([before, await shown(listener.port)]).toEqual(["test", "renewed"]);
  for (let beats = 0; beats < 3; beats++) expect((await stream.next()).done).toBe(false);
  expect(() => listener.setCertificate({ cert: ca, key: "nonsense" })).toThrow(expect.objectContaining({ reason: "CERTIFICATE_INVALID" }));
  expect(await shown(listener.port)).toBe("renewed");
  await stream.return?.();
});

test("TLS 1.2 and plain HTTP are not spoken", async () => {
  const { listener, client } = await serve();
  const old = new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port: listener.port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
    socket.once("error", () => resolve("refused")).once("secureConnect", () => resolve("taken"));
  });
  expect(await old).toBe("refused");
  await expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow();
  expect((await client().nodeStatus({})).nodeName).toBe("edge");
});

test("where authorities of clients are configured, who shows no certificate of theirs is not let in", async () => {
  const validity = { from: new Date(Date.now() - 1000), to: new Date(Date.now() + 60_000) };
  const client = () => selfSignedCertificate({ commonName: "client", hosts: ["client"], usage: "client", ...validity });
  const [friend, stranger] = [client(), client()];
  const { baseUrl, ca } = await serve({ clientCa: friend.cert, fallback: (_, response) => void response.end("in") });
  const get = (pair: object) => fetch(baseUrl, { tls: { ca, ...pair }, keepalive: false }).then((response) => response.text());
  expect(await get(friend)).toBe("in");
  await expect(get(stranger)).rejects.toThrow();
  await expect(get({})).rejects.toThrow();
});

test("a port that is taken, and a certificate that is none, are said to be", async () => {
  const { listener } = await serve();
  await expect(serveAgent({ port: listener.port })).rejects.toMatchObject({ code: "conflict", reason: "PORT_TAKEN" });
  await expect(serveAgent({ hostname: "192.0.2.1" })).rejects.toMatchObject({ code: "invalid", reason: "ADDRESS_UNUSABLE" });
  await expect(serveAgent({ certificate: { cert: "x", key: "y" } })).rejects.toMatchObject({
    code: "invalid",
    reason: "CERTIFICATE_INVALID",
  });
});

test("what is no RPC is for the fallback", async () => {
  const { baseUrl, ca } = await serve({ fallback: (request, response) => void response.end(`fallback: ${request.url}`) });
  const response = await fetch(`${baseUrl}/c/web/api/80/x?y=1`, { tls: { ca } });
  expect(await response.text()).toBe("fallback: /c/web/api/80/x?y=1");
});

function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    socket.once("error", reject).once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
  });
}
