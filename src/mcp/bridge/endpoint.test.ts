import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { Endpoint, type EndpointRequest } from "./endpoint.ts";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const POST: EndpointRequest = { method: "POST", headers: { accept: "x" }, body: "{}" };
const never = new AbortController().signal;

/** An endpoint over a `fetch` that answers at once, and what that was asked with. */
function setup(answer: () => Promise<Response> = async () => new Response("ok")) {
  const asked: (RequestInit & { url: string })[] = [];
  const ask = (url: string, init: RequestInit) => {
    asked.push({ url, ...init });
    const gone = new Promise<never>((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    return Promise.race([answer(), gone]);
  };
  return { asked, endpoint: new Endpoint({ url: new URL("http://h/mcp?key=secret"), bearer: "t", fetch: ask, silenceMs: 1000 }) };
}

const aborted = (asked: readonly RequestInit[]) => asked.map(({ signal }) => signal?.aborted);
const settled = () => new Promise((resolve) => process.nextTick(resolve));

test("a request has the credential, follows no redirect, and is closed when its reader is done", async () => {
  const { asked, endpoint } = setup();
  expect(await endpoint.send(POST, never, (response) => response.text())).toBe("ok");
  expect(asked).toEqual([
    expect.objectContaining({
      url: "http://h/mcp?key=secret",
      method: "POST",
      headers: { accept: "x", authorization: "Bearer t" },
      body: "{}",
      redirect: "manual",
    }),
  ]);
  expect(aborted(asked)).toEqual([true]);
});

test("silence ends a request, and every piece that comes begins the time anew", async () => {
  const { asked, endpoint } = setup();
  const alive = Promise.withResolvers<() => void>();
  const sending = endpoint.send(POST, never, (_, isAlive) => {
    alive.resolve(isAlive);
    return new Promise<never>((_, reject) => asked[0]?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  });
  const heard = await alive.promise;
  for (const _ of [1, 2, 3]) {
    jest.advanceTimersByTime(900);
    heard();
  }
  expect(aborted(asked)).toEqual([false]);
  jest.advanceTimersByTime(1000);
  await expect(sending).rejects.toMatchObject({
    code: "deadline",
    reason: "MCP_TIMEOUT",
    message: "Nothing came from http://h/mcp for 1 s",
  });
});

test("a limit counts from the beginning, whatever comes", async () => {
  const { asked, endpoint } = setup();
  const sending = endpoint.send({ ...POST, limitMs: 500 }, never, async (_, alive) => {
    jest.advanceTimersByTime(400);
    alive();
    jest.advanceTimersByTime(100);
    throw new Error("aborted");
  });
  await expect(sending).rejects.toMatchObject({ reason: "MCP_TIMEOUT" });
  expect(aborted(asked)).toEqual([true]);
});

test("a server that does not answer at all is silent too", async () => {
  const { endpoint } = setup(() => new Promise(() => {}));
  const sending = endpoint.send(POST, never, (response) => response.text());
  await settled();
  jest.advanceTimersByTime(1000);
  await expect(sending).rejects.toMatchObject({ reason: "MCP_TIMEOUT" });
});

test("an abort ends it with its reason, before it is sent and after", async () => {
  const reason = new AppError("canceled", "REQUEST_CANCELED", "no more");
  const { asked, endpoint } = setup(() => new Promise(() => {}));
  await expect(endpoint.send(POST, AbortSignal.abort(reason), (response) => response.text())).rejects.toBe(reason);
  expect(asked).toEqual([]);
  const way = new AbortController();
  const sending = endpoint.send(POST, way.signal, (response) => response.text());
  await settled();
  way.abort(reason);
  await expect(sending).rejects.toBe(reason);
  expect(aborted(asked)).toEqual([true]);
});

test("what breaks is told without what the query holds", async () => {
  const { endpoint } = setup(async () => {
    throw Object.assign(new Error("x"), { code: "ConnectionRefused" });
  });
  const sending = endpoint.send(POST, never, (response) => response.text());
  await expect(sending).rejects.toMatchObject({ reason: "MCP_NETWORK", message: "Cannot talk to http://h/mcp: connection refused" });
});
