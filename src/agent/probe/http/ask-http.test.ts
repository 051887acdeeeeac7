import { expect, test } from "bun:test";
import { askHttp } from "./ask-http.ts";

async function askServer(fetch: (request: Request) => Response | Promise<Response>) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  try {
    return await askHttp(`http://127.0.0.1:${server.port}/health`, new AbortController().signal);
  } finally {
    await server.stop(true);
  }
}

test.each([
  [200, true],
  [204, true],
  [304, true],
  [399, true],
  [400, false],
  [404, false],
  [503, false],
] as const)("status %i is good: %p", async (status, ok) => {
  const answer = await askServer(() => new Response(null, { status }));
  expect(answer).toMatchObject({ ok, [ok ? "detail" : "reason"]: `HTTP ${status} to GET /health` });
});

test("a redirect counts as an answer and is not followed", async () => {
  const asked: string[] = [];
  const answer = await askServer((request) => {
    asked.push(new URL(request.url).pathname);
    return new Response(null, { status: 302, headers: { location: "/elsewhere" } });
  });
  expect([answer.ok, asked]).toEqual([true, ["/health"]]);
});

test("a body without end is not read", async () => {
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)) });
  expect((await askServer(() => new Response(endless))).ok).toBe(true);
});

test("a server that hangs is left with the signal, and one that is gone is told so", async () => {
  const stop = new AbortController();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      stop.abort(new Error("stopped"));
      return new Promise<never>(() => {});
    },
  });
  const url = `http://127.0.0.1:${server.port}/`;
  await expect(askHttp(url, stop.signal)).rejects.toThrow("stopped");
  await server.stop(true);
  expect(await askHttp(url, new AbortController().signal)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("connection refused"),
  });
});
