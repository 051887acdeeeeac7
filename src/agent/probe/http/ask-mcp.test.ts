import { expect, test } from "bun:test";
import { errorReply, jsonReply, startScriptedMcpServer } from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import { askMcp } from "./ask-mcp.ts";

function ask(url: string) {
  return askMcp(url, { timeoutMs: 5000, signal: new AbortController().signal });
}

const DISCOVERED = { supportedVersions: ["2026-07-28"], capabilities: {}, ttlMs: 0, cacheScope: "private" };

test("a handshake is made as a client makes it, and its session is ended", async () => {
  await using server = startScriptedMcpServer();
  const answer = await ask(server.url);
  expect(answer).toMatchObject({ ok: true, detail: "scripted speaks MCP 2025-11-25" });
  if (answer.ok) await answer.release?.();
  expect(server.sent.map(({ httpMethod, message }) => message.method ?? httpMethod)).toEqual([
    "initialize",
    "notifications/initialized",
    "DELETE",
  ]);
  expect(server.of("DELETE")[0]?.headers.get("mcp-session-id")).toBe("session-1");
});

test("a server that refuses initialize with 400 and speaks the modern era answers", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      initialize: () => new Response("unsupported", { status: 400 }),
      "server/discover": (sent) => jsonReply(sent, DISCOVERED),
    },
  });
  expect(await ask(server.url)).toEqual({ ok: true, detail: "it speaks MCP 2026-07-28" });
  expect(server.of("server/discover")[0]?.headers.get("mcp-method")).toBe("server/discover");
});

test("a server that answers initialize with an error of its own is asked too", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      initialize: (sent) => errorReply(sent, -32601, "no such method"),
      "server/discover": (sent) => jsonReply(sent, DISCOVERED),
    },
  });
  expect((await ask(server.url)).ok).toBe(true);
});

test("what speaks neither era is told with what it said to initialize", async () => {
  await using server = startScriptedMcpServer({ answers: { initialize: () => new Response("go away", { status: 400 }) } });
  expect(await ask(server.url)).toEqual({ ok: false, reason: "HTTP 400: go away" });
});

test("a server that speaks another revision alone is told so", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      initialize: () => new Response(null, { status: 400 }),
      "server/discover": (sent) => jsonReply(sent, { ...DISCOVERED, supportedVersions: ["2031-01-01"] }),
    },
  });
  expect(await ask(server.url)).toMatchObject({ ok: false, reason: expect.stringContaining("not 2026-07-28") });
});

test("a failing server and one that wants a credential are not asked again", async () => {
  for (const [status, said] of [
    [500, "HTTP 500"],
    [401, "wants a credential"],
  ] as const) {
    await using server = startScriptedMcpServer({ answers: { initialize: () => new Response(null, { status }) } });
    expect(await ask(server.url)).toMatchObject({ ok: false, reason: expect.stringContaining(said) });
    expect(server.sent).toHaveLength(1);
  }
});

test("a redirect is not followed", async () => {
  await using elsewhere = startScriptedMcpServer();
  await using server = startScriptedMcpServer({
    answers: { initialize: () => new Response(null, { status: 307, headers: { location: elsewhere.url } }) },
  });
  expect(await ask(server.url)).toMatchObject({ ok: false, reason: expect.stringContaining("redirects to") });
  expect(elsewhere.sent).toEqual([]);
});

test("an answer without end is given up", async () => {
  await using server = startScriptedMcpServer({
    answers: {
      initialize: () =>
        new Response(
          new ReadableStream<Uint8Array>({
            pull(controller) {
              controller.enqueue(new Uint8Array(64 * 1024).fill(32));
            },
          }),
          { headers: { "content-type": "application/json" } },
        ),
    },
  });
  expect(await ask(server.url)).toMatchObject({ ok: false, reason: expect.stringContaining("larger than") });
});

test("nobody there is told so, and the signal ends a wait", async () => {
  await using gone = startScriptedMcpServer();
  await gone[Symbol.asyncDispose]();
  expect(await ask(gone.url)).toMatchObject({ ok: false, reason: expect.stringContaining("connection refused") });
  const stop = new AbortController();
  await using server = startScriptedMcpServer({
    answers: {
      initialize: () => {
        stop.abort(new Error("stopped"));
        return new Promise<never>(() => {});
      },
    },
  });
  await expect(askMcp(server.url, { timeoutMs: 5000, signal: stop.signal })).rejects.toThrow("stopped");
});
