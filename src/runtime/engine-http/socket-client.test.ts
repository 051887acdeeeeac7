import { afterEach, expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import type { Socket } from "node:net";
import type { EngineRequest } from "./engine-request.ts";
import { openRawEngine, type RawEngine, reply } from "./raw-engine.fixture.ts";
import { SocketClient } from "./socket-client.ts";

let engine: RawEngine | undefined;
let client: SocketClient | undefined;

afterEach(async () => {
  client?.close();
  await engine?.close();
});

async function setup(answer: (head: string, socket: Socket) => void) {
  engine = await openRawEngine(answer);
  client = new SocketClient(engine.socketPath);
  return { engine, client };
}

const get = (request: Partial<EngineRequest> = {}): EngineRequest => ({
  method: "GET",
  path: "/x",
  what: "look",
  timeoutMs: 5000,
  ...request,
});

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

test("an answer comes with its status, headers and text, and the connection of a read is kept", async () => {
  const { client, engine } = await setup((_, socket) => socket.write(reply(404, '{"cause":"é"}', "Api-Version: 1.41\r\n")));
  for (let n = 0; n < 5; n += 1) {
    const { status, headers, text } = await client.call(get());
    expect([status, headers["api-version"], text]).toEqual([404, "1.41", '{"cause":"é"}']);
  }
  expect(engine.connections()).toBe(1);
});

test("at most four reads are under way, and a write does not wait behind them", async () => {
  const { client, engine } = await setup((head, socket) => void (head.startsWith("POST") && socket.write(reply(204, ""))));
  const reads = Array.from({ length: 10 }, () => client.call(get()).catch(() => {}));
  expect((await client.call(get({ method: "POST", body: { a: 1 } }))).status).toBe(204);
  expect(engine.requests.filter((line) => line.startsWith("GET"))).toHaveLength(4);
  client.close();
  await Promise.all(reads);
});

test("a call that gets no answer, or half of one, ends with its deadline", async () => {
  for (const first of ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"]) {
    const { client, engine } = await setup((_, socket) => void socket.write(first));
    await expect(client.call(get({ timeoutMs: 20 }))).rejects.toMatchObject({ code: "deadline", reason: "RUNTIME_TIMEOUT" });
    client.close();
    await engine.close();
  }
});

test("the deadline counts from the call, also for what waits for a connection", async () => {
  const { client } = await setup(() => {});
  const calls = Array.from({ length: 8 }, () => client.call(get({ timeoutMs: 20 })));
  for (const result of await Promise.allSettled(calls)) expect(result).toMatchObject({ reason: { reason: "RUNTIME_TIMEOUT" } });
});

test("a call ends with its signal, before, during and with the AppError it was aborted with", async () => {
  const { client } = await setup(() => {});
  const abort = new AbortController();
  const call = client.call(get({ signal: abort.signal }));
  abort.abort();
  await expect(call).rejects.toMatchObject({ reason: "RUNTIME_CALL_CANCELED" });
  await expect(client.call(get({ signal: abort.signal }))).rejects.toMatchObject({ reason: "RUNTIME_CALL_CANCELED" });
});

test("an answer that breaks off is no answer, however it was framed", async () => {
  for (const half of ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", `${CHUNKED}4\r\nhalf\r\n`]) {
    const { client, engine } = await setup((_, socket) => void socket.end(half));
    await expect(client.call(get({ method: "POST" }))).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
    const stream = await client.open(get());
    await expect(Array.fromAsync(stream.chunks)).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
    client.close();
    await engine.close();
  }
});

test("a read is sent again where the kept connection has died, a write is not sent twice", async () => {
  let drop = false;
  const { client, engine } = await setup((_, socket) => {
    if (drop) socket.destroy();
    else socket.write(reply(200, "ok"));
    drop = false;
  });
  await client.call(get());
  drop = true;
  expect((await client.call(get())).text).toBe("ok");
  drop = true;
  await expect(client.call(get({ method: "POST" }))).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
  expect(engine.requests.filter((line) => line.startsWith("POST"))).toHaveLength(1);
});

test("a socket that is not there says so", async () => {
  const missing = new SocketClient("/nowhere/podman.sock");
  await expect(missing.call(get())).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("there is no socket") });
});

test("a stream goes on past its deadline once its headers are there, and ends with its signal", async () => {
  let write = (_: string) => {};
  const { client, engine } = await setup((_, socket) => {
    write = (text) => void socket.write(text);
    socket.write(CHUNKED);
  });
  const abort = new AbortController();
  const stream = await client.open(
    get({ timeoutMs: 1, signal: abort.signal }).timeoutMs === 1 ? get({ timeoutMs: 5000, signal: abort.signal }) : get(),
  );
  const reader = stream.chunks[Symbol.asyncIterator]();
  write("3\r\nabc\r\n");
  expect(Buffer.from((await reader.next()).value ?? []).toString()).toBe("abc");
  const next = reader.next();
  abort.abort();
  await expect(next).rejects.toMatchObject({ reason: "RUNTIME_CALL_CANCELED" });
  while (engine.connections() > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("a reader that stops slows the engine down", async () => {
  let sent = 0;
  let isFull = false;
  const { client } = await setup((_, socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    const block = Buffer.alloc(65_536);
    const pump = () => {
      while (!isFull && sent < 64 << 20) {
        sent += block.length;
        isFull = !socket.write(block);
      }
    };
    socket.on("drain", () => {
      isFull = false;
      pump();
    });
    pump();
  });
  const stream = await client.open(get());
  const reader = stream.chunks[Symbol.asyncIterator]();
  await reader.next();
  for (let turn = 0; turn < 1000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(isFull).toBe(true);
  expect(sent).toBeLessThan(16 << 20);
  stream.close();
});

test("who stops reading a stream closes its connection", async () => {
  const { client, engine } = await setup((_, socket) => void socket.write(`${CHUNKED}3\r\nabc\r\n`));
  const stream = await client.open(get());
  for await (const _ of stream.chunks) break;
  while (engine.connections() > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("where nobody listens a call waits for somebody who comes back, and fails where nobody does", async () => {
  const { engine } = await setup((_, socket) => socket.write(reply(200, "back")));
  let asked = 0;
  const moved = new SocketClient("/nowhere/podman.sock", {
    untilBack: async () => {
      asked += 1;
      return false;
    },
  });
  await expect(moved.call(get({ method: "POST" }))).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
  expect(asked).toBe(1);
  const link = `${engine.socketPath}-later`;
  const waiting = new SocketClient(link, {
    untilBack: async () => {
      await symlink(engine.socketPath, link);
      return true;
    },
  });
  expect((await waiting.call(get({ method: "POST" }))).text).toBe("back");
  waiting.close();
});
