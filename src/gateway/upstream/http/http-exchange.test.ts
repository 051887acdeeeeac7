/** What a server may make the gateway hold: replies, answers to its own requests, messages that it does not take. */
import { afterEach, describe, expect, test } from "bun:test";
import { READ_BUDGET, ReadBudget } from "../read-budget.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { type HttpTarget, post, postAndForget } from "./http-exchange.ts";
import { openSession } from "./http-session.ts";
import { openClient } from "./http1-client.fixture.ts";
import { type RawHttpOptions, startRawHttpServer, until } from "./raw-http-server.fixture.ts";
import { readReply } from "./read-reply.ts";
import { NOBODY, takeServerMessage } from "./server-message.ts";

const MAX_BYTES = 256 * 1024;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

function setup(onRequest: RawHttpOptions["onRequest"]) {
  const server = startRawHttpServer(onRequest === undefined ? {} : { onRequest });
  const { client } = openClient(server.url, { maxConnections: 64 });
  stops.push(
    () => server[Symbol.dispose](),
    () => client.close(),
  );
  const target: HttpTarget = {
    handle: "one",
    shown: (text) => text,
    client,
    events: upstreamEvents(),
    maxEventBytes: MAX_BYTES,
    budget: new ReadBudget({ ...READ_BUDGET, monotonicNow: () => performance.now() }),
    answering: { now: 0 },
    onContradiction: () => {},
    streams: { now: 0, max: 1 },
  };
  const ask = async () => {
    const response = await post(target, undefined, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    return readReply(target, undefined, response, { idText: "1", take: () => undefined });
  };
  return { server, target, ask };
}

const json = (headers: string, body: string) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}\r\n${body}`;

describe("a reply", () => {
  test("without a length that goes on and on is given up at the limit, and its connection is closed", async () => {
    let sent = 0;
    const { server, ask } = setup(async (connection) => {
      await connection.send(json("transfer-encoding: chunked\r\n", ""));
      for (; server.open > 0 && sent < 64 * 1024 * 1024; sent += 65_536) await connection.send(`10000\r\n${" ".repeat(65_536)}\r\n`);
    });
    await expect(ask()).rejects.toMatchObject({ code: "exhausted", reason: "HTTP_BODY_TOO_LARGE" });
    await until(() => server.open === 0);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test("that is an error is read no further than the limit", async () => {
    const large = `HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n${" ".repeat(999_999)}`;
    const { ask } = setup((connection) => connection.send(large));
    await expect(ask()).rejects.toMatchObject({ reason: "HTTP_BODY_TOO_LARGE" });
  });

  test("that is compressed, which nobody asked for, is refused", async () => {
    const body = Buffer.from(Bun.gzipSync('{"jsonrpc":"2.0","id":1,"result":{}}'));
    const { ask } = setup(async (connection) => {
      await connection.send(json(`content-encoding: gzip\r\ncontent-length: ${body.length}\r\n`, ""));
      await connection.send(body);
    });
    await expect(ask()).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN", message: expect.stringContaining("compressed") });
  });

  test("that is not HTTP is lost, with the reason", async () => {
    const { ask } = setup((connection) => connection.send("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"));
    await expect(ask()).rejects.toMatchObject({ reason: "UPSTREAM_LOST", message: expect.stringContaining("Content-Length") });
  });

  test("to initialize that is huge is refused unread", async () => {
    const { server, target } = setup((connection) => connection.send(json("content-length: 999999999\r\n", "{")));
    const opening = openSession(target, new AbortController().signal);
    await expect(opening).rejects.toMatchObject({ reason: "UPSTREAM_BROKEN", message: expect.stringContaining("too large") });
    target.client.close();
    await until(() => server.open === 0);
  });
});

describe("what nobody waits for", () => {
  test("a server that asks without taking the answers is answered sixteen times at once, and again when it took them", async () => {
    const taken: (() => void)[] = [];
    const { server, target } = setup((connection) => {
      taken.push(() => connection.send("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"));
    });
    const ping = (id: number) => {
      const message = { jsonrpc: "2.0", id, method: "ping" };
      takeServerMessage(target, undefined, JSON.stringify(message), message, NOBODY);
    };
    for (let id = 0; id < 1000; id += 1) ping(id);
    await until(() => taken.length === 16);
    expect(server.opened).toBe(16);
    for (const take of taken.splice(0)) take();
    await until(() => target.answering.now === 0);
    ping(1000);
    await until(() => taken.length === 1);
    expect(server.bodies.at(-1)).toBe('{"jsonrpc":"2.0","id":1000,"result":{}}');
    expect(server.bodies).toHaveLength(17);
  });

  test("a message that a server does not take is not an error", async () => {
    const { target } = setup((connection) => connection.reset());
    expect(await postAndForget(target, undefined, "{}")).toBeUndefined();
  });
});
