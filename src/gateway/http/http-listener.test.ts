import { afterEach, expect, test } from "bun:test";
import { request as nodeRequest } from "node:http";
import { connect } from "node:net";
import { systemClock } from "../../core/clock.ts";
import { echo } from "./http-connection.fixture.ts";
import type { HttpHandler } from "./http-host.ts";
import { HttpListener, type HttpListenerOptions } from "./http-listener.ts";
import { PlainAnswer } from "./plain-answer.ts";

const opened: HttpListener[] = [];

afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.stop(true);
});

function listen(handler: HttpHandler = echo, options: Partial<HttpListenerOptions> = {}) {
  const failures: unknown[] = [];
  const onFailure = (thrown: unknown) => failures.push(thrown);
  const listener = new HttpListener({ hostname: "127.0.0.1", port: 0, shared: false, handler, clock: systemClock, onFailure, ...options });
  opened.push(listener);
  return { listener, url: `http://127.0.0.1:${listener.port}`, failures };
}

/** Resolves when `holds` says so; rejects after 5 s. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("it did not come to hold in 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Opens a connection, says something and collects what it hears. */
function speak(port: number, text: string) {
  const socket = connect(port, "127.0.0.1");
  const heard = { text: "", closed: false };
  socket.on("data", (bytes) => {
    heard.text += bytes.toString("latin1");
  });
  socket.on("close", () => {
    heard.closed = true;
  });
  socket.on("error", () => undefined);
  socket.write(text);
  return { socket, heard };
}

test("the clients of Bun and of Node are answered, with bodies small and large, one after another and at once", async () => {
  const { url } = listen();
  for (const size of [0, 10, 100_000, 3_000_000]) {
    const body = "x".repeat(size);
    expect(await (await fetch(`${url}/a?b`, { method: "POST", body })).text()).toBe(`POST /a?b ${body}`);
  }
  const many = await Promise.all(Array.from({ length: 200 }, async (_, id) => (await fetch(`${url}/${id}`)).text()));
  expect(many).toEqual(Array.from({ length: 200 }, (_, id) => `GET /${id} `));
  const heard = await new Promise<string>((resolve, reject) => {
    const request = nodeRequest(`${url}/node`, { method: "POST", headers: { expect: "100-continue" } }, (response) => {
      let text = "";
      response.on("data", (bytes) => {
        text += bytes;
      });
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
    // Chunks: Node does not know how long it is.
    request.on("continue", () => {
      request.write("one,");
      request.end("two");
    });
  });
  expect(heard).toBe("POST /node one,two");
});

test("streams of many megabytes arrive whole, and a client that goes away ends its own", async () => {
  let canceled = 0;
  const { url, listener } = listen(async ({ target }) => {
    let left = target === "/endless" ? Number.POSITIVE_INFINITY : 200;
    return new Response(
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            left -= 1;
            if (left < 0) controller.close();
            else controller.enqueue(new Uint8Array(100_000).fill(120));
          },
          cancel() {
            canceled += 1;
          },
        },
        { highWaterMark: 0 },
      ),
    );
  });
  expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(20_000_000);
  const gone = new AbortController();
  const endless = await fetch(`${url}/endless`, { signal: gone.signal });
  await endless.body?.getReader().read();
  expect(listener.pendingRequests).toBe(1);
  gone.abort();
  await until(() => canceled === 1 && listener.pendingRequests === 0);
});

test("the address of the client is told, and large answers of bytes arrive whole", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const big = Buffer.concat(Array.from({ length: 100 }, () => bytes));
  const { url } = listen(async (_, address) => new PlainAnswer(big, 200, { "x-address": address ?? "" }));
  const response = await fetch(url);
  expect(response.headers.get("x-address")).toBe("127.0.0.1");
  expect(Buffer.from(await response.arrayBuffer()).equals(big)).toBe(true);
  expect(Number.isNaN(Date.parse(response.headers.get("date") ?? ""))).toBe(false);
});

test("a stop lets go of idle connections at once and waits for those with a request", async () => {
  const { promise: go, resolve: answer } = Promise.withResolvers<void>();
  const { listener } = listen(async () => {
    await go;
    return new PlainAnswer("late", 200, {});
  });
  const idle = speak(listener.port, "");
  const busy = speak(listener.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => listener.pendingRequests === 1);
  const stopped = listener.stop(false);
  await until(() => idle.heard.closed);
  expect(await Promise.race([stopped.then(() => "stopped"), Promise.resolve("waiting")])).toBe("waiting");
  await expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow();
  answer();
  await stopped;
  await until(() => busy.heard.closed);
  expect(busy.heard.text).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*connection: close\r\n(.*\r\n)*\r\nlate$/);
  expect(listener.pendingRequests).toBe(0);
});

test("a stop by force closes all, and one that waits resolves then", async () => {
  const { listener } = listen(() => new Promise(() => {}));
  const busy = speak(listener.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => listener.pendingRequests === 1);
  const gentle = listener.stop(false);
  await listener.stop(true);
  await gentle;
  await until(() => busy.heard.closed);
  expect([listener.pendingRequests, busy.heard.text]).toEqual([0, ""]);
});

test("connections beyond the limit are closed, and there is room again when one has gone", async () => {
  const { listener, url } = listen(echo, { limits: { maxConnections: 2 } });
  const kept = [speak(listener.port, ""), speak(listener.port, "")];
  const beyond = speak(listener.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => beyond.heard.closed);
  expect(beyond.heard.text).toBe("");
  kept[0]?.socket.destroy();
  await until(() => kept[0]?.heard.closed === true);
  let text = "";
  for (let tries = 0; text === "" && tries < 100; tries += 1)
    text = await fetch(url).then(
      (response) => response.text(),
      () => "",
    );
  expect(text).toBe("GET / ");
});

test("idle connections are let go of after their time, and a second is told by the clock", async () => {
  const { listener } = listen(echo, { limits: { idleS: 2 } });
  const idle = speak(listener.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => idle.heard.text !== "");
  const { seconds } = listener;
  listener.tick();
  expect(listener.seconds).toBe(seconds + 1);
  listener.tick();
  await until(() => idle.heard.closed);
});

test("a port that is taken is refused, and one may be shared by those who ask for it", async () => {
  const { listener } = listen();
  const failing = () => listen(echo, { port: listener.port });
  expect(failing).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  const first = listen(echo, { shared: true });
  const second = listen(echo, { shared: true, port: first.listener.port });
  expect(second.listener.port).toBe(first.listener.port);
  expect(await (await fetch(first.url)).text()).toBe("GET / ");
});
