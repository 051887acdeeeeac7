/**
 * Security rules 3, 4, 5 and 12 at the agent's proxy (`/c/<service>/<component>/<port>/…`): who calls is who the token says, what
 * opens the proxy goes to no component, a call reaches the port that it names and no other, one request is one request, and
 * all of it is bounded.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import pino from "pino";
import { makeCertificateFiles } from "../../src/agent/certificate/certificate-files.ts";
import type { IdentifiedCaller } from "../../src/agent/identity/identified-caller.ts";
import { MONITOR_DEFAULTS } from "../../src/agent/monitor/monitor-settings.ts";
import { componentFixture, serviceFixture } from "../../src/agent/registry/registry.fixture.ts";
import { AgentClient } from "../../src/api/agent/agent-client.ts";
import { joinAgent } from "../../src/main/join-agent.ts";
import { type RunningAgent, startAgent } from "../../src/main/start-agent.ts";
import { FakeRuntime } from "../../src/runtime/fake/fake-runtime.fixture.ts";
import { toSpec } from "../../src/service-definition/to-spec.ts";

const CALLERS: Readonly<Record<string, IdentifiedCaller>> = {
  root: { username: "root", roles: ["admin"] },
  "key-of-here": { username: "gateway", roles: ["proxy"], node: "here" },
  "key-of-there": { username: "gateway", roles: ["proxy"], node: "there" },
  "admin-of-there": { username: "root", roles: ["admin"], node: "there" },
  reader: { username: "ada", roles: ["view"] },
};
const KEY = "key-of-here";
const MAX_CALLS = 3;

let folder = "";
let agent: RunningAgent;
let ca = "";
/** Every byte that came to the component, and to what is beside it on the node. */
let heard = "";
let heardBeside = "";
/** How the component answers each connection. */
let answer: (socket: Socket) => void = answerOk;
const servers: ReturnType<typeof createServer>[] = [];

function answerOk(socket: Socket): void {
  socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nin");
}

async function listen(onData: (text: string, socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).on("data", (bytes) => onData(bytes.toString("latin1"), socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

let besidePort = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "agent-proxy-"));
  mkdirSync(join(folder, "srv"));
  const certificate = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const to = new Date(Date.now() + 86_400_000);
  makeCertificateFiles(certificate, { commonName: "here", hosts: ["127.0.0.1"], from: new Date(Date.now() - 1000), to });
  const runtime = new FakeRuntime({ addressOf: () => undefined });
  runtime.addImage("registry.test/web/api:v1");
  agent = await startAgent({
    nodeName: "here",
    listen: { host: "127.0.0.1", port: 0 },
    certificate,
    dataDir: join(folder, "data"),
    databasePath: join(folder, "data", "agent.db"),
    filesRoot: join(folder, "srv"),
    bindRoots: [],
    backupsDir: join(folder, "backups"),
    keepSnapshots: 2,
    limits: { maxRpcs: 100, maxProxyCalls: MAX_CALLS, maxFileBytes: 1 << 20, keepFreeBytes: 0 },
    monitor: MONITOR_DEFAULTS,
    tokens: { validate: async (token) => CALLERS[token] },
    proxy: { token: undefined },
    openRuntime: async () => ({ runtime, close: () => runtime.close() }),
    processes: undefined,
    log: pino({ level: "silent" }),
    join: joinAgent,
  });
  ca = agent.certificate;
  const hostPort = await listen((text, socket) => {
    heard += text;
    answer(socket);
  });
  besidePort = await listen((text, socket) => {
    heardBeside += text;
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nbeside");
  });
  const port = (containerPort: number, host: number) => ({
    hostAddress: "127.0.0.1",
    hostPort: host,
    containerPort,
    protocol: "tcp" as const,
  });
  const components = [
    componentFixture({ ports: [port(8080, hostPort)] }),
    componentFixture({ name: "db", ports: [port(5432, besidePort)] }),
  ];
  const client = new AgentClient({ node: "here", address: { host: "127.0.0.1", port: agent.port }, ca }, { token: "root" });
  await client.call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture({ components })) }, options));
  client.close();
});

afterAll(async () => {
  await agent?.stop(0);
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  heard = "";
  heardBeside = "";
  answer = answerOk;
});

/** Says these bytes over TLS and gives all that comes back until it is over: the agent closes, `isOver`, or a second of nothing. */
function raw(text: string | Uint8Array, protocol = "http/1.1", isOver: (said: Buffer) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let said: Buffer = Buffer.alloc(0);
    const socket = connectTls({ host: "127.0.0.1", port: agent.port, ca, ALPNProtocols: [protocol] }, () => socket.write(text));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (bytes: Buffer) => {
      said = Buffer.concat([said, bytes]);
      if (isOver(said)) socket.destroy();
    });
    socket.once("error", reject).once("close", () => resolve(said.toString("latin1")));
  });
}

const hasHead = (said: Buffer) => said.includes("\r\n\r\n");

/** Whether stream 1 has ended, or the connection is to. */
function hasEnded(said: Buffer): boolean {
  for (let at = 0; at + 9 <= said.length; at += 9 + said.readUIntBE(at, 3)) {
    const [type, flags, stream] = [said.readUInt8(at + 3), said.readUInt8(at + 4), said.readUInt32BE(at + 5)];
    const isEnd = type === RST_STREAM || ((type === DATA || type === HEADERS) && (flags & 1) === 1);
    if (type === GOAWAY || (stream === 1 && isEnd)) return true;
  }
  return false;
}

/** Frames of HTTP/2 (RFC 9113, 6). */
const [DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY] = [0, 1, 3, 4, 7];

const head = (path: string, ...headers: readonly string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: agent", `Authorization: Bearer ${KEY}`, "Connection: close", ...headers, "", ""].join("\r\n");
const statusOf = (said: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(said)?.[1] ?? 0);
const requestsIn = (text: string) => text.match(/^[A-Z]+ \S+ HTTP\/1\.1$/gm) ?? [];
const call = (path: string, init: RequestInit & { readonly token?: string } = {}) =>
  fetch(`https://127.0.0.1:${agent.port}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${init.token ?? KEY}`, ...(init.headers as object) },
    tls: { ca },
    keepalive: false,
  });

/** What says who calls, or opens something, in every place and spelling that comes to mind. */
const OPENERS = [
  "AUTHORIZATION: Bearer second-secret",
  "Proxy-Authorization: Basic proxy-secret",
  "Cookie: session=cookie-secret",
  "X-Forwarded-For: forwarded-secret",
  "X-Forwarded-User: forwarded-secret",
  "Forwarded: for=forwarded-secret",
  "X-Real-IP: real-secret",
];

test("nothing of what opens the proxy, or of who calls, reaches a component, over HTTP/1.1 and HTTP/2", async () => {
  for (const opener of OPENERS) await raw(head("/c/web/api/8080/x", opener, "X-Kept: yes"));
  const session = connectHttp2(`https://127.0.0.1:${agent.port}`, { ca });
  await new Promise<void>((resolve) => {
    const headers = {
      ":path": "/c/web/api/8080/x",
      authorization: `Bearer ${KEY}`,
      cookie: ["a=cookie-secret", "b=cookie-secret"],
      "x-forwarded-host": "forwarded-secret",
      "proxy-authorization": "proxy-secret",
      "x-kept": "yes",
    };
    session.request(headers).once("close", resolve).resume().end();
  });
  session.destroy();
  expect(requestsIn(heard).length).toBeGreaterThan(1);
  expect(heard.toLowerCase()).toContain("x-kept: yes");
  expect(heard).not.toMatch(/secret|key-of-here|authorization|forwarded|cookie/i);
});

test("a header that Connection names is of the connection, and goes no further", async () => {
  await raw(head("/c/web/api/8080/x", "Connection: X-Hop", "X-Hop: hop", "Keep-Alive: timeout=9", "TE: trailers", "Upgrade: websocket"));
  expect(requestsIn(heard)).toHaveLength(1);
  expect(heard).not.toMatch(/^(x-hop|keep-alive|te|upgrade):/im);
});

test("the key of another node, whatever its role, a reader, a stranger and no token open nothing", async () => {
  const status = async (token: string) => (await call("/c/web/api/8080/", { token })).status;
  expect(await status(KEY)).toBe(200);
  heard = "";
  expect([await status("key-of-there"), await status("admin-of-there"), await status("reader")]).toEqual([403, 403, 403]);
  expect(await status("stranger")).toBe(401);
  const bare = (path: string, ...headers: string[]) =>
    raw([`GET ${path} HTTP/1.1`, "Host: agent", "Connection: close", ...headers, "", ""].join("\r\n"));
  // Where else a token might be looked for; and what a proxy in front would say of the caller.
  for (const other of [
    `Cookie: token=${KEY}`,
    `X-Authorization: Bearer ${KEY}`,
    "X-Forwarded-User: root",
    `Proxy-Authorization: Bearer ${KEY}`,
  ]) {
    expect(statusOf(await bare("/c/web/api/8080/", other))).toBe(401);
  }
  expect(statusOf(await bare(`/c/web/api/8080/?access_token=${KEY}&token=${KEY}`))).toBe(401);
  expect(heard).toBe("");
});

test("a key of a gateway opens no call of the agent itself", async () => {
  const client = new AgentClient({ node: "here", address: { host: "127.0.0.1", port: agent.port }, ca }, { token: KEY });
  await expect(client.call((rpc, options) => rpc.nodeStatus({}, options))).rejects.toMatchObject({ code: "denied" });
  client.close();
});

test("a call reaches the port that its path names: no traversal, encoding or absolute target leads beside it", async () => {
  for (const path of [
    "/c/web/api/8080/../../db/5432/x",
    "/c/web/api/8080/%2e%2e/%2e%2e/db/5432/x",
    "/c/web/api/8080//../db/5432/",
    "/c/web/api/8080/..\\..\\db\\5432",
    `/c/web/api/8080/@127.0.0.1:${besidePort}/`,
    `/c/web/api/8080/http://127.0.0.1:${besidePort}/`,
  ]) {
    expect([path, statusOf(await raw(head(path))), heardBeside]).toEqual([path, 200, ""]);
  }
  heard = "";
  for (const path of [
    `http://127.0.0.1:${besidePort}/`,
    `/c/web/api/${besidePort}/`,
    "/c/web/api/5432/",
    "/c/web/../web/api/8080/",
    "/c/web%2fapi/8080/",
    "/c/web/api/8080%2f/",
    "/c/web/api/08080/",
    "/c/web/api/-1/",
    "/c/web/api/65616/",
    "//c/web/api/8080/",
    "/C/web/api/8080/",
    "/c/web.prev/api/8080/",
    "/c/web/api.next/8080/",
  ]) {
    const status = statusOf(await raw(head(path)));
    expect([path, status === 404 || status === 403 || status === 400]).toEqual([path, true]);
  }
  expect([heard, heardBeside]).toEqual(["", ""]);
});

test("CONNECT opens no tunnel", async () => {
  const said = await raw(
    `CONNECT 127.0.0.1:${besidePort} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  expect(statusOf(said)).not.toBe(200);
  expect([heard, heardBeside]).toEqual(["", ""]);
});

test("one request is one request at the component, however its length is told", async () => {
  const smuggled = `GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const front = ["POST /c/web/api/8080/outer HTTP/1.1", "Host: agent", `Authorization: Bearer ${KEY}`];
  const post = (lengths: readonly string[], body: string) => `${[...front, ...lengths].join("\r\n")}\r\n\r\n${body}`;
  const chunked = `0\r\n\r\n${smuggled}`;
  const ways: readonly (readonly [readonly string[], string])[] = [
    [[`Content-Length: ${chunked.length}`, "Transfer-Encoding: chunked"], chunked],
    [["Content-Length: 0", `Content-Length: ${smuggled.length}`], smuggled],
    [["Content-Length: +5"], smuggled],
    [["Transfer-Encoding: xchunked"], chunked],
    [["Transfer-Encoding: chunked, identity"], chunked],
    [["Transfer-Encoding : chunked"], chunked],
    [["X: 1\nTransfer-Encoding: chunked"], chunked],
    [["Transfer-Encoding:\x0bchunked"], chunked],
  ];
  for (const [lengths, body] of ways) expect([lengths, statusOf(await raw(post(lengths, body))), heard]).toEqual([lengths, 400, ""]);
  // Told rightly, it is a body: it comes with its length, whatever it says.
  await raw(post([`Content-Length: ${smuggled.length}`], smuggled), "http/1.1", hasHead);
  expect(heard).toContain(`content-length: ${smuggled.length}`);
  expect(heard.split("\r\n\r\n").slice(1).join("\r\n\r\n")).toBe(smuggled);
});

/** A header as HPACK's literal without indexing, not Huffman-coded: nothing checks it on our side. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name, "latin1"),
    Buffer.from([value.length]),
    Buffer.from(value, "latin1"),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const front = Buffer.alloc(9);
  front.writeUIntBE(payload.length, 0, 3);
  front.writeUInt8(type, 3);
  front.writeUInt8(flags, 4);
  front.writeUInt32BE(stream, 5);
  return Buffer.concat([front, payload]);
}

test("a line break, a length that is a lie or a hop's header within HTTP/2 becomes nothing else at the component", async () => {
  const ways: readonly (readonly [string, string])[] = [
    ["x-evil", "a\r\nX-Injected: 1"],
    ["x-evil", "a\nX-Injected: 1"],
    ["x-evil\r\nX-Injected", "1"],
    ["transfer-encoding", "chunked"],
    ["content-length", "4"],
    ["connection", "x-injected"],
    [":path", "/c/web/db/5432/"],
    ["host", "evil.example"],
    // The way that is right.
    ["x-kept", "yes"],
  ];
  const body = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const way of ways) {
    heard = "";
    const fields: readonly (readonly [string, string])[] = [
      [":method", "POST"],
      [":scheme", "https"],
      [":authority", "agent"],
      [":path", "/c/web/api/8080/outer"],
      ["authorization", `Bearer ${KEY}`],
      way,
    ];
    const headers = frame(HEADERS, 4, 1, Buffer.concat(fields.map(([name, value]) => literal(name, value))));
    const data = frame(DATA, 1, 1, Buffer.from(body));
    await raw(
      Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(SETTINGS, 0, 0, new Uint8Array()), headers, data]),
      "h2",
      hasEnded,
    );
    expect([way, heard]).not.toEqual([way, expect.stringMatching(/^(x-injected|transfer-encoding):|evil\.example/im)]);
    if (heard.includes("/smuggled")) expect([way, heard]).toEqual([way, expect.stringContaining(`content-length: ${body.length}`)]);
    expect([way, heardBeside]).toEqual([way, ""]);
  }
  expect(heard).toContain("x-kept: yes");
});

test("an answer cannot be more than one answer: what follows its length, and its hop's headers, stay behind", async () => {
  answer = (socket) =>
    void socket.end(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\n\r\ninHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
    );
  const said = await raw(head("/c/web/api/8080/"));
  expect(said).not.toContain("poison");
  expect(said).not.toMatch(/^keep-alive: timeout=9/im);
});

test("bodies and calls in flight are bounded, and of who may not call nothing is read", async () => {
  const large = await call("/c/web/api/8080/", { method: "POST", body: new Uint8Array(4 * 1024 * 1024 + 1) });
  expect([large.status, heard]).toEqual([413, ""]);
  // A body of a gigabyte is announced, and none of it comes: the refusal does not wait for it.
  const announced = "POST /c/web/api/8080/ HTTP/1.1\r\nHost: agent\r\nAuthorization: Bearer stranger\r\nContent-Length: 1073741824\r\n\r\n";
  expect(statusOf(await raw(announced, "http/1.1", hasHead))).toBe(401);

  const waiting: Socket[] = [];
  answer = (socket) => void waiting.push(socket);
  const held = Array.from({ length: MAX_CALLS }, () => call("/c/web/api/8080/"));
  const end = Date.now() + 10_000;
  while (waiting.length < MAX_CALLS && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  const refused = await call("/c/web/api/8080/");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(((await refused.json()) as { error: { reason: string } }).error.reason).toBe("TOO_MANY_CALLS");
  for (const socket of waiting) answerOk(socket);
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual(held.map(() => 200));
  answer = answerOk;
  expect((await call("/c/web/api/8080/")).status).toBe(200);
});
