import { afterEach, beforeAll, expect, test } from "bun:test";
import { seedProject } from "../support/seed-project.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { portOf } from "./support/ports.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { Scratch } from "./support/scratch.ts";

const KIB = 1024;
const scratch = new Scratch("raw");
const opened: RawSocket[] = [];
let token = "";
let port = 0;
let sessionId = "";

beforeAll(async () => {
  token = await seedProject(scratch.path("raw"), "e2e", { content: { kind: "builtin", name: "content" } });
  await scratch.up("raw").started();
  const gateway = await scratch.gatewayOf("raw");
  port = portOf(gateway);
  sessionId = (await McpCaller.open(`${gateway}/mcp`, token)).sessionId ?? "";
}, 30_000);

afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

async function open(): Promise<RawSocket> {
  const socket = await RawSocket.open(port);
  opened.push(socket);
  return socket;
}

/** The head of a POST, up to and with the empty line. */
function head(...lines: readonly string[]): string {
  const own = ["POST /mcp HTTP/1.1", `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`, `Mcp-Session-Id: ${sessionId}`];
  return `${[...own, "Content-Type: application/json", ...lines].join("\r\n")}\r\n\r\n`;
}

function post(body: string): string {
  return head(`Content-Length: ${body.length}`) + body;
}

const ping = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;

/** Ends the exchange on this connection: it either carries one more request or is closed. Neither would be to hang. */
async function expectNotHung(socket: RawSocket, answered: number): Promise<void> {
  socket.say(post(ping(1)));
  await socket.until("a further answer or the end", ({ statuses, closed }) => statuses.length > answered || closed);
}

test.each([
  ["300 KiB", 300 * KIB],
  ["8 MiB", 8 * KIB * KIB],
])("a body of %s is answered with 413, and the connection does not hang", async (_, size) => {
  const socket = await open();
  socket.say(head(`Content-Length: ${size}`));
  socket.say("x".repeat(size));
  await socket.until("an answer", ({ statuses }) => statuses.length > 0);
  expect(socket.statuses).toEqual([413]);
  await expectNotHung(socket, 1);
});

test("a body that never says its length is answered with 413 as soon as it is too long", async () => {
  const socket = await open();
  socket.say(head("Transfer-Encoding: chunked"));
  const chunk = `${(16 * KIB).toString(16)}\r\n${"x".repeat(16 * KIB)}\r\n`;
  for (let sent = 0; sent <= 256 * KIB; sent += 16 * KIB) socket.say(chunk);
  // The last chunk is never sent.
  await socket.until("an answer", ({ statuses }) => statuses.length > 0);
  expect(socket.statuses).toEqual([413]);
  expect(socket.heard).toContain('"code":"payload_too_large"');
});

test("a length beyond the limit is answered before the body is sent", async () => {
  const socket = await open();
  socket.say(head(`Content-Length: ${300 * KIB}`));
  await socket.until("an answer", ({ statuses }) => statuses.length > 0);
  expect(socket.statuses).toEqual([413]);
});

test("clients that never finish their headers or their body keep nobody else waiting", async () => {
  for (let count = 0; count < 20; count += 1) {
    (await open()).say("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
    (await open()).say(`${head("Content-Length: 1000")}{"jsonrpc"`);
  }
  const other = await open();
  other.say(post(ping(7)));
  await other.until("an answer", ({ heard }) => heard.includes('"id":7'));
  expect(other.statuses).toEqual([200]);
  expect(opened.filter(({ heard }) => heard !== "")).toEqual([other]);
});

test("a request that comes byte by byte is answered like any other", async () => {
  const socket = await open();
  for (const byte of post(ping(8))) socket.say(byte);
  await socket.until("an answer", ({ heard }) => heard.includes('{"jsonrpc":"2.0","id":8,"result":{}}'));
});

test("pipelined requests are answered each, in their order", async () => {
  const socket = await open();
  const ids = [1, 2, 3, 4, 5];
  socket.say(ids.map((id) => post(ping(id))).join(""));
  await socket.until("five answers", ({ statuses, heard }) => statuses.length === 5 && heard.includes('"id":5,'));
  expect([...socket.heard.matchAll(/"id":(\d)/g)].map(([, id]) => Number(id))).toEqual(ids);
});

test("a pipelined request after one that is refused is answered too", async () => {
  const socket = await open();
  socket.say(post("no JSON") + post(ping(2)));
  await socket.until("two answers", ({ statuses, heard }) => statuses.length === 2 && heard.includes('"id":2,'));
  expect(socket.statuses).toEqual([400, 200]);
});

test("HEAD is answered without a body: 200 where GET is a health check, 405 with Allow at the endpoint", async () => {
  const socket = await open();
  const ask = (path: string) => socket.say(`HEAD ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  ask("/healthz");
  await socket.until("an answer", ({ heard }) => heard.endsWith("\r\n\r\n"));
  ask("/mcp");
  await socket.until("another answer", ({ statuses, heard }) => statuses.length === 2 && heard.endsWith("\r\n\r\n"));
  expect(socket.statuses).toEqual([200, 405]);
  expect(socket.heard).toMatch(/^allow: POST, GET, DELETE\r$/im);
  expect(socket.heard).not.toContain("{");
});

test("OPTIONS is answered with 405 and Allow, and no header that would let a browser in", async () => {
  const socket = await open();
  socket.say(
    `OPTIONS /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n`,
  );
  await socket.until("an answer", ({ heard }) => heard.endsWith("}}"));
  expect(socket.statuses).toEqual([405]);
  expect(socket.heard).toMatch(/^allow: POST, GET, DELETE\r$/im);
  expect(socket.heard).not.toMatch(/^access-control-/im);
});

test("what is no HTTP is refused or cut off, and the gateway goes on", async () => {
  const socket = await open();
  socket.say("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 this is a TLS hello\r\n\r\n");
  await socket.until("an answer or the end", ({ heard, closed }) => heard !== "" || closed);
  expect(socket.statuses).not.toContain(200);
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
});
