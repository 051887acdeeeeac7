import { afterEach, beforeEach, expect, test } from "bun:test";
import { connect, createSecureServer } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { containerSpec } from "../../../runtime/fake/container-spec.fixture.ts";
import { FakeRuntime } from "../../../runtime/fake/fake-runtime.fixture.ts";
import { selfSignedCertificate } from "../../certificate/self-signed-certificate.ts";
import { componentFixture, registryFixture, serviceFixture } from "../../registry/registry.fixture.ts";
import { ComponentTraffic } from "../component-traffic.ts";
import { ComponentProxy } from "./component-proxy.ts";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

const releases: (() => unknown)[] = [];
let runtime: FakeRuntime;
let traffic: ComponentTraffic;
let base = "";
let ca = "";
const serving = new Map<string, string>();

beforeEach(async () => {
  serving.clear();
  runtime = new FakeRuntime({ addressOf: () => undefined });
  runtime.addImage("localhost/api:v1");
  const registry = registryFixture();
  const ports = [{ containerPort: 8080, protocol: "tcp" as const }];
  await registry.saveService(serviceFixture({ components: [componentFixture({ ports })] }), new Date());
  for (const kind of ["mcp", "http"] as const) {
    const healthcheck = { probe: { kind, path: "/", port: 8080 }, intervalMs: 1000, timeoutMs: 1000, retries: 3, deadlineMs: 1000 };
    await registry.saveService(serviceFixture({ name: kind, components: [componentFixture({ healthcheck })] }), new Date());
  }
  traffic = new ComponentTraffic({
    runtime,
    registry,
    serving: { get: (service, component) => serving.get(`${service}/${component}`) },
    monotonicNow: () => performance.now(),
  });
  const callers: Record<string, { username: string; roles: string[]; node?: string }> = {
    key: { username: "gateway", roles: ["proxy"], node: "edge" },
    other: { username: "gateway", roles: ["proxy"], node: "core" },
    oli: { username: "oli", roles: ["operate"] },
    ada: { username: "ada", roles: ["view"] },
  };
  const proxy = new ComponentProxy({
    traffic,
    tokens: { validate: async (token) => callers[token] },
    nodeName: "edge",
    proxyToken: "proxys-own",
    maxBodyBytes: 1000,
    maxCalls: 20,
    onFailure: () => undefined,
  });
  const validity = { from: new Date(Date.now() - 1000), to: new Date(Date.now() + 60_000) };
  const certificate = selfSignedCertificate({ commonName: "t", hosts: ["127.0.0.1"], ...validity });
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, proxy.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ca = certificate.cert;
  releases.push(() => server.close());
});

afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) await release();
});

/** A server of a component, and a container whose published port it is. */
async function container(name: string, answer: (seen: Seen) => Response | Promise<Response>) {
  const seen: Seen[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const url = new URL(request.url);
      seen.push({ method: request.method, path: url.pathname + url.search, headers: request.headers, body: await request.text() });
      return await answer(seen.at(-1) as Seen);
    },
  });
  releases.push(() => server.stop(true));
  return { id: await running(name, server.port ?? 0), seen, server };
}

async function running(name: string, hostPort: number): Promise<string> {
  const port = { hostAddress: "127.0.0.1", hostPort, containerPort: 8080, protocol: "tcp" as const };
  const id = await runtime.create(containerSpec({ name, image: "localhost/api:v1", ports: [port] }));
  await runtime.start(name);
  return id;
}

const call = (path: string, init: RequestInit & { token?: string } = {}) =>
  fetch(base + path, {
    ...init,
    headers: { authorization: `Bearer ${init.token ?? "key"}`, ...(init.headers as object) },
    tls: { ca },
    redirect: "manual",
  });

test("a call reaches the component as it was sent, without what opens the proxy or is not its own", async () => {
  const { seen } = await container(
    "web-api",
    () => new Response("made", { status: 201, headers: { "x-answer": "1", "mcp-session-id": "s" } }),
  );
  const response = await call("/c/web/api/8080/mcp?a=1&b=%2F", {
    method: "POST",
    body: '{"jsonrpc":"2.0"}',
    headers: { "content-type": "application/json", "mcp-session-id": "s", cookie: "a=b", "x-forwarded-for": "1.2.3.4" },
  });
  expect([response.status, response.headers.get("x-answer"), await response.text()]).toEqual([201, "1", "made"]);
  expect(seen).toMatchObject([{ method: "POST", path: "/mcp?a=1&b=%2F", body: '{"jsonrpc":"2.0"}' }]);
  const headers = seen[0]?.headers;
  expect(["authorization", "cookie", "x-forwarded-for"].map((name) => headers?.get(name))).toEqual([null, null, null]);
  expect([headers?.get("mcp-session-id"), headers?.get("content-type"), headers?.get("host")]).toEqual([
    "s",
    "application/json",
    "localhost:8080",
  ]);
});

test("the key of this node, an operator and the proxy's own token open it; another node's key, a reader and a stranger do not", async () => {
  await container("web-api", () => new Response("in"));
  const status = async (token: string) => (await call("/c/web/api/8080/", { token })).status;
  expect(await Promise.all(["key", "oli", "proxys-own"].map(status))).toEqual([200, 200, 200]);
  expect(await Promise.all(["other", "ada", "stranger"].map(status))).toEqual([403, 403, 401]);
  const none = await fetch(`${base}/c/web/api/8080/`, { tls: { ca } });
  expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
});

test("where its healthcheck asks for MCP a component is reached without a port beside it, and at no other port that is asked", async () => {
  for (const name of ["mcp-api", "http-api"]) await container(name, () => new Response("in"));
  const status = async (service: string) => (await call(`/c/${service}/api/8080/`)).status;
  expect([await status("mcp"), await status("http")]).toEqual([200, 403]);
});

test("only components of this node and ports that they declare are reached", async () => {
  await container("web-api", () => new Response("in"));
  const refused = async (path: string) => {
    const response = await call(path);
    return `${response.status} ${((await response.json()) as { error: { reason: string } }).error.reason}`;
  };
  expect(await refused("/c/web/api/22/")).toBe("403 PORT_NOT_DECLARED");
  expect(await refused("/c/web/db/8080/")).toBe("404 COMPONENT_NOT_FOUND");
  for (const path of ["/c/web/api/99999/", "/c/web/api/", "/c/..%2f/api/80/", "/c/WEB/api/80/", "/other"]) {
    expect(await refused(path)).toBe("404 PROXY_PATH_UNKNOWN");
  }
  runtime.exit("web-api", 1);
  expect(await refused("/c/web/api/8080/x?again")).toBe("503 COMPONENT_UNREACHABLE");
});

test("a stream of events passes piece by piece, and a caller that goes ends it at the component", async () => {
  const ended = Promise.withResolvers<void>();
  let say: (text: string) => void = () => undefined;
  await container(
    "web-api",
    () =>
      new Response(
        new ReadableStream({
          start(controller) {
            say = (text) => controller.enqueue(Buffer.from(text));
            say("data: 1\n\n");
          },
          cancel: () => ended.resolve(),
        }),
        { headers: { "content-type": "text/event-stream" } },
      ),
  );
  const stop = new AbortController();
  const response = await call("/c/web/api/8080/sse", { signal: stop.signal });
  const reader = response.body?.getReader();
  const next = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(await next()).toBe("data: 1\n\n");
  say("data: 2\n\n");
  expect(await next()).toBe("data: 2\n\n");
  expect(traffic.inFlight).toBe(1);
  stop.abort();
  await ended.promise;
  while (traffic.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 1));
});

test("while a component is replaced no call is lost: those in flight finish at the old container, new ones go to the new one", async () => {
  const finish = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const old = await container("web-api", async () => {
    begun.resolve();
    await finish.promise;
    return new Response("old");
  });
  const slow = call("/c/web/api/8080/").then((response) => response.text());
  await begun.promise;
  const next = await container("web-api.next", () => new Response("new"));
  await runtime.rename("web-api", "web-api.prev");
  await runtime.rename("web-api.next", "web-api");
  let isDrained = false;
  const drained = traffic.drained(old.id, new AbortController().signal).then(() => {
    isDrained = true;
  });
  expect(await (await call("/c/web/api/8080/")).text()).toBe("new");
  expect([isDrained, next.seen.length, old.seen.length]).toEqual([false, 1, 1]);
  finish.resolve();
  await drained;
  expect(await slow).toBe("old");
});

test("calls go to the container that is said to serve, whatever the names are", async () => {
  const old = await container("web-api", () => new Response("old"));
  serving.set("web/api", old.id);
  await runtime.rename("web-api", "web-api.prev");
  await container("web-api", () => new Response("new"));
  expect(await (await call("/c/web/api/8080/")).text()).toBe("old");
  serving.delete("web/api");
  expect(await (await call("/c/web/api/8080/")).text()).toBe("new");
});

test("a container that has gone unannounced was not reached: the call goes to the one that is there then", async () => {
  const old = await container("web-api", () => new Response("old"));
  expect(await (await call("/c/web/api/8080/")).text()).toBe("old");
  await old.server.stop(true);
  await runtime.rename("web-api", "web-api.prev");
  await container("web-api", ({ body }) => new Response(`new ${body}`));
  expect(await (await call("/c/web/api/8080/", { method: "POST", body: "once" })).text()).toBe("new once");
});

test("a drain that takes too long is given up with its signal, and one that has nothing to wait for is over at once", async () => {
  await traffic.drained("nobody", new AbortController().signal);
  const begun = Promise.withResolvers<void>();
  const { id } = await container("web-api", () => {
    begun.resolve();
    return new Promise<Response>(() => undefined);
  });
  const gone = new AbortController();
  const hanging = call("/c/web/api/8080/", { signal: gone.signal }).catch(() => "gone");
  await begun.promise;
  const limit = new AbortController();
  const drained = traffic.drained(id, limit.signal);
  limit.abort();
  await drained;
  expect(traffic.inFlight).toBe(1);
  gone.abort();
  expect(await hanging).toBe("gone");
});

test("a body that is too large is refused before anything is sent", async () => {
  const { seen } = await container("web-api", () => new Response("in"));
  const large = await call("/c/web/api/8080/", { method: "POST", body: "x".repeat(1001) });
  expect([large.status, seen.length]).toEqual([413, 0]);
});

test("half an answer is never a whole one", async () => {
  const half = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
  await new Promise<void>((resolve) => half.listen(0, "127.0.0.1", resolve));
  releases.push(() => half.close());
  await running("web-api", (half.address() as AddressInfo).port);
  await expect(wholeAnswer()).rejects.toThrow();
});

test("a call that breaks off at the component may have run: it is not said to have reached nothing", async () => {
  const abrupt = createServer((socket) => socket.once("data", () => socket.destroy()));
  await new Promise<void>((resolve) => abrupt.listen(0, "127.0.0.1", resolve));
  releases.push(() => abrupt.close());
  await running("web-api", (abrupt.address() as AddressInfo).port);
  const response = await call("/c/web/api/8080/", { method: "POST", body: "{}" });
  expect([response.status, await response.json()]).toEqual([
    503,
    { error: expect.objectContaining({ code: "unavailable", reason: "COMPONENT_LOST" }) },
  ]);
});

async function wholeAnswer(): Promise<string> {
  const response = await call("/c/web/api/8080/");
  if (response.status !== 200) throw new Error(`it was refused: ${response.status}`);
  return await response.text();
}

test("a call counts from its first byte on: bodies that do not end leave no room for more", async () => {
  await container("web-api", () => new Response("in"));
  const client = connect(base, { ca });
  releases.push(() => client.destroy());
  const head = { ":method": "POST", ":path": "/c/web/api/8080/", authorization: "Bearer key" };
  const held = Array.from({ length: 21 }, () => client.request(head).on("error", () => {}));
  const answered = Promise.withResolvers<unknown>();
  for (const stream of held) {
    stream.on("response", (headers) => answered.resolve(headers[":status"]));
    stream.write("x");
  }
  expect(await answered.promise).toBe(429);
  expect(await (await call("/c/web/api/8080/")).text()).toContain("TOO_MANY_CALLS");
  for (const stream of held) stream.close();
  let answer = await call("/c/web/api/8080/");
  for (let tries = 0; answer.status !== 200 && tries < 500; tries += 1) answer = await call("/c/web/api/8080/");
  expect(await answer.text()).toBe("in");
});
