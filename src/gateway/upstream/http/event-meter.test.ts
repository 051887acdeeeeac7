/** A server that says too much beside its answers is read no further for a while, wherever it says it. */
import { afterEach, expect, test } from "bun:test";
import { createSseParser } from "../../../mcp/sse.ts";
import { ReadBudget } from "../read-budget.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { EventMeter } from "./event-meter.ts";
import { type HttpTarget, post, sessionOf } from "./http-exchange.ts";
import { openClient } from "./http1-client.fixture.ts";
import { ModernHttp } from "./modern-http.ts";
import { type RawConnection, startRawHttpServer, until } from "./raw-http-server.fixture.ts";
import { readReply } from "./read-reply.ts";
import { readSessionStream, streamStart } from "./session-stream.ts";
import { openSse } from "./sse-pipe.ts";

const INITIALIZED = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} };
const MESSAGE_BYTES = 1024;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

const notice = (data: string) => `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${data}"}}`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (data: string) => chunk(`data: ${data}\n\n`);
const plain = '{"jsonrpc":"2.0","id":2,"result":{}}';

/** A server that answers lists at once, and all else with a stream of this and then a flood. Its budget's clock stands. */
function setup(first = "") {
  const clock = { now: 0 };
  const budget = new ReadBudget({ bytesPerSecond: 100_000, burstBytes: 20_000, monotonicNow: () => clock.now });
  let flooded: RawConnection | undefined;
  const server = startRawHttpServer({
    onRequest: async (connection, _, body) => {
      if (body.includes("tools/list")) {
        const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${plain.length}\r\n\r\n`;
        return connection.send(head + plain);
      }
      await connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
      if (first !== "") await connection.send(chunk(first));
      for (let count = 0; count < 30; count += 1) await connection.send(event(notice("flood")));
      flooded = connection;
    },
  });
  const { client } = openClient(server.url);
  stops.push(
    () => server[Symbol.dispose](),
    () => client.close(),
  );
  const target: HttpTarget = {
    handle: "one",
    shown: (text) => text,
    client,
    events: upstreamEvents(),
    maxEventBytes: 1024 * 1024,
    budget,
    answering: { now: 0 },
    onContradiction: () => {},
    streams: { now: 0, max: 1 },
  };
  const say = async (...messages: string[]) => {
    await until(() => flooded !== undefined);
    await flooded?.send(messages.map(event).join(""));
  };
  const askElsewhere = async () => {
    const response = await post(target, undefined, '{"jsonrpc":"2.0","id":2,"method":"tools/list"}');
    return readReply(target, undefined, response, { idText: "2", take: () => undefined });
  };
  return { clock, budget, target, url: server.url, say, askElsewhere };
}

type Read = (target: HttpTarget, hear: (text: string) => void, url: URL) => Promise<unknown>;

const READERS: Readonly<Record<string, Read>> = {
  "the reply to a call": async (target, hear) => {
    const response = await post(target, undefined, '{"jsonrpc":"2.0","id":1,"method":"tools/call"}');
    const take = (text: string) => {
      hear(text);
      return undefined;
    };
    return readReply(target, undefined, response, { idText: "1", take });
  },
  "the stream of a session": (target, hear) => {
    const over = new AbortController();
    stops.push(() => over.abort());
    const listener = { onNotification: hear, ask: undefined, capabilities: {} };
    return readSessionStream(target, sessionOf("one", "s", INITIALIZED), listener, streamStart(), over.signal);
  },
  "a stream of changes": (target, hear) => {
    const over = new AbortController();
    stops.push(() => over.abort());
    const hearing = new ModernHttp(target).listen("{}", (message) => hear(JSON.stringify(message)), over.signal);
    return hearing.catch(() => {});
  },
  "the stream of the older pair": async ({ handle, client, maxEventBytes, budget }, hear, url) => {
    const onMessage = (text: string) => {
      hear(text);
      return false;
    };
    const open = openSse({ handle, url, shown: (text) => text, maxEventBytes, budget, clientFor: () => client });
    const pipe = await open(onMessage, new AbortController().signal);
    stops.push(() => void pipe.stop());
    return pipe.closed;
  },
};
const FIRST: Readonly<Record<string, string>> = { "the stream of the older pair": "event: endpoint\ndata: /mcp\n\n" };

test.each(Object.entries(READERS))("%s waits when the server has said too much, and goes on when it may", async (name, read) => {
  const { clock, budget, target, url, say, askElsewhere } = setup(FIRST[name]);
  const heard: string[] = [];
  const reading = read(target, (text) => heard.push(text), url);
  await until(() => budget.pauseMs() > 0);
  await say(notice("late"), '{"jsonrpc":"2.0","id":1,"result":{}}');
  // What is no flood passes meanwhile; the late message would have come before that.
  for (let count = 0; count < 5; count += 1) expect(await askElsewhere()).toBe(plain);
  expect(heard.some((text) => text.includes("late"))).toBe(false);
  clock.now = 1000;
  await until(() => heard.some((text) => text.includes("late")));
  for (const stop of stops.splice(0).reverse()) stop();
  await reading;
});

test("what is unfinished costs nothing yet, however many pieces it comes in: it may be the answer", () => {
  const { budget } = setup();
  const parser = createSseParser({ maxEventBytes: 1024 * 1024 });
  const meter = new EventMeter(budget, parser);
  const take = (text: string) => {
    const piece = Buffer.from(text);
    return meter.take(piece, parser.push(piece), new AbortController().signal);
  };
  expect(take("data: ")).toBeUndefined();
  for (let count = 0; count < 100; count += 1) expect(take("x".repeat(1000))).toBeUndefined();
  // When it is finished it is one message of 100 KB.
  expect(take("\n\n")).toBeDefined();
  expect(budget.pauseMs()).toBe(Math.ceil((100_000 + "data: \n\n".length + MESSAGE_BYTES - 20_000) / 100));
});

test("an answer costs nothing where others are still waited for", () => {
  const { budget } = setup();
  const parser = createSseParser({ maxEventBytes: 1024 * 1024 });
  const meter = new EventMeter(budget, parser);
  const take = (answer: string) => {
    const piece = Buffer.from(`data: ${answer}\n\ndata: notice\n\n`);
    const events = parser.push(piece);
    return meter.take(piece, events, new AbortController().signal, events.slice(0, 1));
  };
  for (let count = 0; count < 19; count += 1) expect(take("x".repeat(100_000))).toBeUndefined();
  expect(take("y")).toBeDefined();
});

test("what is no event counts too", () => {
  const { budget } = setup();
  const parser = createSseParser({ maxEventBytes: 1024 * 1024 });
  const meter = new EventMeter(budget, parser);
  const comments = Buffer.from(":\n".repeat(20_000));
  expect(meter.take(comments, parser.push(comments), new AbortController().signal)).toBeDefined();
});
