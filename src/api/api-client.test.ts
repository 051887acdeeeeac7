import { afterEach, expect, test } from "bun:test";
import { ApiClient } from "./api-client.ts";
import { ENDPOINTS } from "./endpoints/endpoints.ts";

const servers: Bun.Server<undefined>[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

const PROJECT = {
  id: "prj_1",
  name: "demo",
  description: "",
  owner: "ada",
  servers: ["content"],
  version: 3,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
};

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

function serve(answer: (request: Request) => Response | Promise<Response>): { baseUrl: string; seen: Seen[] } {
  const seen: Seen[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: await request.text() });
      return answer(request);
    },
  });
  servers.push(server);
  return { baseUrl: `http://127.0.0.1:${server.port}`, seen };
}

test("a call fills the path, the query, the body and the headers in, and gives the parsed reply", async () => {
  const { baseUrl, seen } = serve(() => Response.json(PROJECT));
  const client = new ApiClient({ baseUrl, bearer: "key" });
  const reply = await client.call(ENDPOINTS.projects.update, { params: { project: "a/b" }, body: { description: "x" }, ifMatch: 3 });
  expect(reply).toEqual(PROJECT);
  expect(seen[0]?.method).toBe("PATCH");
  expect(new URL(seen[0]?.url ?? "").pathname).toBe("/api/v1/projects/a%2Fb");
  expect(Object.fromEntries(seen[0]?.headers ?? [])).toMatchObject({
    authorization: "Bearer key",
    "if-match": '"3"',
    "content-type": "application/json",
  });
  expect(seen[0]?.body).toBe('{"description":"x"}');
});

test.each(["", ".", ".."])("'%s' in a path, which would lead elsewhere, is refused before anything is sent", async (project) => {
  const { baseUrl, seen } = serve(() => Response.json(PROJECT));
  const client = new ApiClient({ baseUrl, bearer: "key" });
  await expect(client.call(ENDPOINTS.projects.detach, { params: { project, server: "servers" } })).rejects.toMatchObject({
    code: "invalid",
    reason: "NAME_INVALID",
  });
  expect(seen).toEqual([]);
});

test("what is undefined in a query is left out", async () => {
  const { baseUrl, seen } = serve(() => Response.json({ items: [], nextCursor: null }));
  await new ApiClient({ baseUrl, bearer: undefined }).call(ENDPOINTS.projects.list, {
    query: { limit: 5, name: undefined, sort: "-name" },
  });
  expect(new URL(seen[0]?.url ?? "").search).toBe("?limit=5&sort=-name");
  expect(seen[0]?.headers.get("authorization")).toBeNull();
});

test.each([
  [400, "invalid"],
  [401, "unauthenticated"],
  [403, "denied"],
  [404, "not_found"],
  [409, "conflict"],
  [412, "precondition"],
  [429, "exhausted"],
  [503, "unavailable"],
  [500, "internal"],
])("HTTP %d is thrown as %s, with mcpd's own reason, message and hint", async (status, code) => {
  const error = { code: "x", message: "No.", trace_id: "t", reason: "SOME_REASON", hint: "Try so." };
  const { baseUrl } = serve(() => Response.json({ error }, { status }));
  const call = new ApiClient({ baseUrl, bearer: "key" }).call(ENDPOINTS.projects.get, { params: { project: "demo" } });
  await expect(call).rejects.toMatchObject({ code, reason: "SOME_REASON", message: "No.", hint: "Try so." });
});

test("an answer that is none of mcpd's is said to be so", async () => {
  const { baseUrl } = serve((request) =>
    request.url.endsWith("/demo") ? Response.json({ hello: 1 }) : new Response("<html>", { status: 502 }),
  );
  const client = new ApiClient({ baseUrl, bearer: "key" });
  await expect(client.call(ENDPOINTS.projects.get, { params: { project: "demo" } })).rejects.toMatchObject({
    reason: "API_REPLY_UNEXPECTED",
  });
  await expect(client.call(ENDPOINTS.projects.get, { params: { project: "x" } })).rejects.toMatchObject({
    code: "internal",
    message: "mcpd answered with HTTP 502",
  });
});

test("an mcpd that is not there, or does not answer in time, is unreachable", async () => {
  const { baseUrl } = serve(() => new Promise<Response>(() => {}));
  const slow = new ApiClient({ baseUrl, bearer: "key", timeoutMs: 50 });
  await expect(slow.call(ENDPOINTS.projects.list, {})).rejects.toMatchObject({
    reason: "API_UNREACHABLE",
    message: expect.stringContaining("in time"),
  });
  const gone = new ApiClient({ baseUrl: "http://127.0.0.1:1", bearer: "key" });
  await expect(gone.call(ENDPOINTS.projects.list, {})).rejects.toMatchObject({ code: "unavailable", reason: "API_UNREACHABLE" });
});

test("a redirect is not followed: the bearer goes to mcpd alone", async () => {
  const other = serve(() => Response.json(PROJECT));
  const { baseUrl } = serve(() => Response.redirect(`${other.baseUrl}/`, 302));
  await expect(new ApiClient({ baseUrl, bearer: "key" }).call(ENDPOINTS.projects.list, {})).rejects.toMatchObject({
    reason: "API_UNREACHABLE",
  });
  expect(other.seen).toEqual([]);
});

test("a stream gives its events as they come, however they are cut, until it ends", async () => {
  const event = (revision: number) => `id: ${revision}\ndata: {"revision":${revision},"touched":[]}\n\n`;
  const text = `: hello\n\n${event(1)}${event(2)}`;
  const { baseUrl } = serve(() => {
    const bytes = new TextEncoder().encode(text);
    const parts = [bytes.slice(0, 21), bytes.slice(21, 22), bytes.slice(22)];
    return new Response(new ReadableStream({ pull: (c) => (parts.length > 0 ? c.enqueue(parts.shift() as Uint8Array) : c.close()) }));
  });
  let opened = 0;
  const revisions: number[] = [];
  const stream = new ApiClient({ baseUrl, bearer: "key" }).stream(ENDPOINTS.gatewayPlane.watch, { onOpen: () => opened++ });
  for await (const { revision } of stream) revisions.push(revision);
  expect({ opened, revisions }).toEqual({ opened: 1, revisions: [1, 2] });
});
