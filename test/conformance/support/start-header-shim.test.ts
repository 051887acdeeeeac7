import { afterAll, beforeAll, expect, test } from "bun:test";
import { RawSocket } from "../../e2e/support/raw-socket.ts";
import { waitUntil } from "../../e2e/support/wait-until.ts";
import { type HeaderShim, startHeaderShim } from "./start-header-shim.ts";

let left = 0;
/** Answers `/headers` with what it got; says a part of a stream for each POST to `/stream` and never ends it. */
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 60,
  fetch(request) {
    if (new URL(request.url).pathname === "/headers") return Response.json(Object.fromEntries(request.headers), { status: 202 });
    request.signal.addEventListener("abort", () => {
      left += 1;
    });
    const body = new ReadableStream({ start: (controller) => controller.enqueue("data: one\n\n") });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
});
let shim: HeaderShim;
beforeAll(async () => {
  shim = await startHeaderShim(server.url.href, { authorization: "Bearer secret" });
});
afterAll(async () => {
  await shim.stop();
  await server.stop(true);
});

test("adds its headers, and passes Host and Origin on as they came", async () => {
  const socket = await RawSocket.open(Number(new URL(shim.url).port));
  socket.say("GET /headers HTTP/1.1\r\nHost: evil.example.com\r\nOrigin: http://evil.example.com\r\nMcp-Session-Id: s\r\n\r\n");
  await socket.until("an answer", ({ heard }) => heard.includes("}"));
  socket.close();
  expect(socket.statuses).toEqual([202]);
  for (const part of [
    '"authorization":"Bearer secret"',
    '"host":"evil.example.com"',
    '"origin":"http://evil.example.com"',
    '"mcp-session-id":"s"',
  ]) {
    expect(socket.heard).toContain(part);
  }
});

test("passes a stream on as it comes, and takes its request away when the client leaves", async () => {
  const leaving = new AbortController();
  const response = await fetch(`${shim.url}/stream`, { method: "POST", body: "x", signal: leaving.signal });
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: one\n\n");
  expect(left).toBe(0);
  leaving.abort();
  await waitUntil("the server sees it leave", () => left === 1);
});
