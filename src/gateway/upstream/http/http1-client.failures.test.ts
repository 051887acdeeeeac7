/** Bad servers, bad networks and callers that go away: what the caller is told, and what is left behind. */
import { describe, expect, test } from "bun:test";
import { openClient } from "./http1-client.fixture.ts";
import { plainResponse, type RawConnection, startRawHttpServer, until } from "./raw-http-server.fixture.ts";

const echo = (connection: RawConnection, _request: string, body: string) => connection.send(plainResponse(`got ${body}`));
const notSent = { name: "Http1Failure", sent: false };
const maybeSent = { name: "Http1Failure", sent: true };

/** A port of 127.0.0.1 where nobody listens. */
function closedPort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** Listens but never accepts, as a server does that hangs: the system completes connections until its queue is full. */
async function startDeafServer() {
  const code = `const l = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    postMessage(l.port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  const port = await new Promise<number>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  return { url: new URL(`http://127.0.0.1:${port}/`), [Symbol.dispose]: () => worker.terminate() };
}

describe("a server that cannot be reached", () => {
  test("fails all requests as not sent, those that waited too", async () => {
    using http = openClient(new URL(`http://127.0.0.1:${closedPort()}/`), { maxConnections: 1 });
    const asked = await Promise.allSettled(["1", "2", "3", "4"].map((body) => http.ask(body)));
    for (const outcome of asked) expect(outcome).toMatchObject({ status: "rejected", reason: notSent });
  });

  test("because its name is unknown fails as not sent", async () => {
    using http = openClient(new URL("http://nobody.invalid/"));
    await expect(http.ask("")).rejects.toMatchObject(notSent);
  });

  test("because its queue is full fails as not sent when the time is up", async () => {
    using server = await startDeafServer();
    using http = openClient(server.url, { maxConnections: 600, connectTimeoutMs: 50 });
    const leaving = new AbortController();
    const late: unknown[] = [];
    // The queue takes 512 of them.
    const asked = Array.from({ length: 600 }, (_, at) =>
      http.ask(String(at), { signal: leaving.signal }).catch((error) => {
        if (error.message === "no connection in time") late.push(error);
      }),
    );
    await until(() => late.length > 0);
    leaving.abort();
    await Promise.all(asked);
    for (const error of late) expect(error).toMatchObject(notSent);
  });
});

describe("a connection that breaks", () => {
  test.each([
    ["by a reset before the head", (c: RawConnection) => c.reset()],
    ["by an end before the head", (c: RawConnection) => c.end()],
    ["by an end in the head", (c: RawConnection) => c.send("HTTP/1.1 200 OK\r\n").then(() => c.end())],
    ["by an answer that is no HTTP", (c: RawConnection) => c.send("220 mail.example ESMTP\r\n")],
  ])("%s fails the request as sent, and the next one has a new connection", async (_, breakIt) => {
    using server = startRawHttpServer({
      onRequest: (connection, request, body) => (connection.nth === 1 ? breakIt(connection) : echo(connection, request, body)),
    });
    using http = openClient(server.url);
    await expect(http.ask("1")).rejects.toMatchObject(maybeSent);
    expect(await http.ask("2")).toBe("got 2");
    await until(() => server.open === 1);
  });

  const half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
  const untilClose = "HTTP/1.1 200 OK\r\n\r\nhalf";
  const halfChunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nhalf";
  test.each([
    ["a length, by an end", half, (c: RawConnection) => c.end()],
    ["a length, by a reset", half, (c: RawConnection) => c.reset()],
    ["chunks, by an end", halfChunk, (c: RawConnection) => c.end()],
    ["chunks, by bytes that are none", `${halfChunk}more than ten`, () => undefined],
    ["no length, by a reset", untilClose, (c: RawConnection) => c.reset()],
  ])("in a body with %s fails its reader", async (_, bytes, breakIt) => {
    using server = startRawHttpServer({ onRequest: (connection) => connection.send(bytes).then(() => breakIt(connection)) });
    using http = openClient(server.url);
    const { status, body } = await http.post("");
    expect(status).toBe(200);
    await expect(body.text(1000)).rejects.toMatchObject(maybeSent);
    await until(() => server.open === 0);
  });

  test("at the end of a body without a length ends it well, and is not used again", async () => {
    using server = startRawHttpServer({
      onRequest: (connection) => connection.send("HTTP/1.1 200 OK\r\n\r\nall").then(() => connection.end()),
    });
    using http = openClient(server.url);
    expect(await http.ask("1")).toBe("all");
    expect(await http.ask("2")).toBe("all");
    expect(server.opened).toBe(2);
  });

  test("while it rests is seen, and costs no request", async () => {
    const open: RawConnection[] = [];
    using server = startRawHttpServer({ onOpen: (connection) => open.push(connection), onRequest: echo });
    using http = openClient(server.url);
    await http.ask("1");
    open[0]?.end();
    // By the time that another client has its answer, this one has heard of the end.
    using other = openClient(server.url);
    await other.ask("other");
    expect(await http.ask("2")).toBe("got 2");
    expect(server.opened).toBe(3);
  });

  test("in the moment of the next request costs nothing where nothing was sent, and asks on another connection", async () => {
    const open: RawConnection[] = [];
    using server = startRawHttpServer({ onOpen: (connection) => open.push(connection), onRequest: echo });
    using http = openClient(server.url);
    await Promise.all([http.ask("1"), http.ask("2")]);
    for (const connection of open) connection.reset();
    expect(await http.ask("3")).toBe("got 3");
    expect(server).toMatchObject({ opened: 3, bodies: ["1", "2", "3"] });
  });

  test("in the moment of the next request fails it as sent where that cannot be known", async () => {
    const open: RawConnection[] = [];
    using server = startRawHttpServer({ onOpen: (connection) => open.push(connection), onRequest: echo });
    using http = openClient(server.url);
    await http.ask("1");
    open[0]?.end();
    await expect(http.ask("2")).rejects.toMatchObject(maybeSent);
    expect(server.bodies).toEqual(["1"]);
  });
});

describe("a server that says more than it was asked", () => {
  const forged = plainResponse("forged");
  test.each([
    ["a whole response", forged],
    ["two responses", forged + forged],
    ["the beginning of a response", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n"],
    ["one byte", "H"],
    ["garbage", "\0\r\n\r\n"],
  ])("gives nobody another's answer: %s after it, at once or a moment later", async (_, surplus) => {
    const open: RawConnection[] = [];
    using server = startRawHttpServer({
      onOpen: (connection) => open.push(connection),
      onRequest: (connection, _, body) => connection.send(plainResponse(`got ${body}`) + (connection.nth === 1 ? surplus : "")),
    });
    using http = openClient(server.url);
    expect(await http.ask("1")).toBe("got 1");
    expect(await http.ask("2")).toBe("got 2");
    expect(server.opened).toBe(2);
    await open[1]?.send(surplus);
    await until(() => server.open === 0);
    expect(await Promise.all([http.ask("3"), http.ask("4"), http.ask("5")])).toEqual(["got 3", "got 4", "got 5"]);
    expect(server.bodies).toHaveLength(5);
  });

  test("before it was asked is not taken for an answer", async () => {
    using server = startRawHttpServer({
      onOpen: (connection) => connection.nth === 1 && connection.send(`SSH-2.0-x\r\n`),
      onRequest: echo,
    });
    using http = openClient(server.url);
    await expect(http.ask("1")).rejects.toMatchObject({ name: "Http1Failure" });
    expect(await http.ask("2")).toBe("got 2");
  });

  test("before it has the whole request is heard, and its connection is not used again", async () => {
    using server = startRawHttpServer({
      onOpen(connection) {
        if (connection.nth > 1) return;
        connection.pause();
        connection.send(plainResponse("enough"));
      },
      onRequest: echo,
    });
    using http = openClient(server.url);
    expect(await http.ask("x".repeat(16 * 1024 * 1024))).toBe("enough");
    expect(await http.ask("2")).toBe("got 2");
    expect(server.bodies).toEqual(["2"]);
  });

  test("by interim responses only is refused", async () => {
    using server = startRawHttpServer({ onRequest: (connection) => connection.send("HTTP/1.1 100 Continue\r\n\r\n".repeat(40)) });
    using http = openClient(server.url);
    await expect(http.ask("")).rejects.toMatchObject({ sent: true, cause: { reason: "HTTP_BROKEN" } });
    await until(() => server.open === 0);
  });
});

describe("a caller that goes away", () => {
  test("before it asks leaves no trace", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    await expect(http.ask("", { signal: AbortSignal.abort() })).rejects.toMatchObject(notSent);
    expect(await http.ask("after")).toBe("got after");
    expect(server).toMatchObject({ opened: 1, bodies: ["after"] });
  });

  test("while it connects sends nothing", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    const leaving = new AbortController();
    const asked = http.ask("1", { signal: leaving.signal });
    leaving.abort();
    await expect(asked).rejects.toMatchObject(notSent);
    expect(await http.ask("2")).toBe("got 2");
    await until(() => server.open === 1);
    expect(server.bodies).toEqual(["2"]);
  });

  test("while it waits for a connection is told at once, and those behind it are served", async () => {
    const held: (() => unknown)[] = [];
    using server = startRawHttpServer({
      onRequest: (connection, request, body) => held.push(() => echo(connection, request, body)),
    });
    using http = openClient(server.url, { maxConnections: 1 });
    const leaving = new AbortController();
    const first = http.ask("1");
    const second = http.ask("2", { signal: leaving.signal });
    const third = http.ask("3");
    await until(() => held.length === 1);
    leaving.abort();
    await expect(second).rejects.toMatchObject(notSent);
    held.shift()?.();
    expect(await first).toBe("got 1");
    await until(() => held.length === 1);
    held.shift()?.();
    expect(await third).toBe("got 3");
    expect(server.bodies).toEqual(["1", "3"]);
  });

  test("in the moment when a connection becomes free does not keep it", async () => {
    const leaving = new AbortController();
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url, { maxConnections: 1 });
    const first = http.post("1").then(async ({ body }) => {
      const text = body.text(1000);
      // The answer is whole now, and its connection has been given to the one that waits.
      queueMicrotask(() => leaving.abort());
      return text;
    });
    const second = http.ask("2", { signal: leaving.signal });
    const third = http.ask("3");
    expect(await first).toBe("got 1");
    await expect(second).rejects.toMatchObject({ name: "Http1Failure" });
    expect(await third).toBe("got 3");
  });

  test("before the head closes its connection, and makes room for who waits", async () => {
    using server = startRawHttpServer({
      onRequest: (connection, request, body) => connection.nth > 1 && echo(connection, request, body),
    });
    using http = openClient(server.url, { maxConnections: 1 });
    const leaving = new AbortController();
    const first = http.ask("1", { signal: leaving.signal });
    const second = http.ask("2");
    await until(() => server.bodies.length === 1);
    leaving.abort();
    await expect(first).rejects.toMatchObject(maybeSent);
    expect(await second).toBe("got 2");
    await until(() => server.open === 1);
  });

  test("in a body closes its connection, even one that was paused", async () => {
    using server = startRawHttpServer({
      onRequest: (connection) => connection.send(`HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n${"x".repeat(9_000_000)}`),
    });
    using http = openClient(server.url);
    const leaving = new AbortController();
    const { body } = await http.post("", { signal: leaving.signal });
    expect((await body.next())?.byteLength).toBeGreaterThan(0);
    leaving.abort();
    const rest = async () => {
      while ((await body.next()) !== undefined);
    };
    await expect(rest()).rejects.toMatchObject(maybeSent);
    await until(() => server.open === 0);
  });

  test("after its answer disturbs nobody", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    const leaving = new AbortController();
    await http.ask("1", { signal: leaving.signal });
    leaving.abort();
    expect(await http.ask("2")).toBe("got 2");
    expect(server.opened).toBe(1);
  });

  test("drops a stream that goes on, and its connection is closed", async () => {
    using server = startRawHttpServer({
      async onRequest(connection) {
        await connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        for (let i = 0; i < 100; i += 1) await connection.send(`1000\r\n${"x".repeat(4096)}\r\n`);
      },
    });
    using http = openClient(server.url);
    (await http.post("")).body.drop();
    await until(() => server.open === 0);
  });

  test("drops a small rest, and its connection is used again", async () => {
    using server = startRawHttpServer({
      async onRequest(connection, request, body) {
        if (body !== "1") return echo(connection, request, body);
        await connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
        setImmediate(() => connection.send("5\r\nworld\r\n0\r\n\r\n"));
      },
    });
    using http = openClient(server.url, { maxConnections: 1 });
    (await http.post("1")).body.drop();
    expect(await http.ask("2")).toBe("got 2");
    expect(server.opened).toBe(1);
  });
});

test("a response that fills a slow reader's room leaves the connection to the next request", async () => {
  const large = "x".repeat(3 * 1024 * 1024);
  using server = startRawHttpServer({
    onRequest: (connection, request, body) => (body === "1" ? connection.send(plainResponse(large)) : echo(connection, request, body)),
  });
  using http = openClient(server.url, { maxConnections: 1 });
  const { body } = await http.post("1");
  const next = http.ask("2");
  let read = 0;
  // All but what may wait in memory is read; the rest is not, and the next request has its answer all the same.
  while (read < 2.5 * 1024 * 1024) read += (await body.next())?.byteLength ?? Number.POSITIVE_INFINITY;
  expect(await next).toBe("got 2");
  expect(server.opened).toBe(1);
});

test("close fails what is under way in any state, closes all connections and takes no more", async () => {
  using server = startRawHttpServer({
    onRequest: (connection, _, body) => body === "body" && connection.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
  });
  const http = openClient(server.url, { maxConnections: 3 });
  const { body } = await http.post("body");
  const head = http.ask("head");
  await until(() => server.bodies.length === 2);
  const asked = Promise.allSettled([body.text(1000), head, http.ask("connecting"), http.ask("waiting")]);
  http.client.close();
  expect(await asked).toMatchObject([{ reason: maybeSent }, { reason: maybeSent }, { reason: notSent }, { reason: notSent }]);
  await expect(http.ask("later")).rejects.toMatchObject(notSent);
  await until(() => server.open === 0);
  expect(server.bodies).toEqual(["body", "head"]);
});
