/** Good servers: what a request looks like on the wire, and which connection carries it. */
import { describe, expect, jest, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { openClient } from "./http1-client.fixture.ts";
import { plainResponse, type RawConnection, startRawHttpServer, until } from "./raw-http-server.fixture.ts";

const echo = (connection: RawConnection, _request: string, body: string) => connection.send(plainResponse(`got ${body}`));

const hasLoopback6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));

test("a large body stays what it is while others come on its connection", async () => {
  // Just over what is kept as text: it comes in one piece with its head, as often as the system lets it.
  const size = 64 * 1024 + 100;
  using server = startRawHttpServer({ onRequest: (connection, _, body) => connection.send(plainResponse(body.repeat(size))) });
  using http = openClient(server.url);
  const letters = [..."abcdefghij"];
  const bodies: Uint8Array[] = [];
  for (const letter of letters) bodies.push(await (await http.post(letter)).body.bytes(1024 * 1024));
  const wanted = letters.map((letter) => letter.repeat(size));
  expect(bodies.map((body) => Buffer.from(body).toString()).map((body, at) => body === wanted[at])).toEqual(letters.map(() => true));
  expect(server.opened).toBe(1);
});

describe("a request", () => {
  test("is sent with the target, the host, its headers and its length in bytes", async () => {
    const requests: string[] = [];
    using server = startRawHttpServer({ onRequest: (connection, request) => requests.push(request) && connection.send(plainResponse("")) });
    using http = openClient(new URL(`http://127.0.0.1:${server.port}/a b/é?q=ü#part`));
    await http.ask("☃\ud800", { headers: { "X-One": "1", two: "" } });
    await http.client.send({ method: "GET", headers: {} });
    expect(requests).toEqual([
      `POST /a%20b/%C3%A9?q=%C3%BC HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nX-One: 1\r\ntwo: \r\ncontent-length: 6\r\n\r\n☃\ufffd`,
      `GET /a%20b/%C3%A9?q=%C3%BC HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n\r\n`,
    ]);
  });

  test.each([
    ["a line end in a value", { a: "b\r\nc: d" }],
    ["a line feed in a value", { a: "b\nc: d" }],
    ["a carriage return in a value", { a: "b\rc" }],
    ["a NUL in a value", { a: "b\0c" }],
    ["a value beyond ASCII", { a: "é" }],
    ["a line end in a name", { "a: b\r\nc": "d" }],
    ["a colon in a name", { "a:": "b" }],
    ["a space in a name", { "a ": "b" }],
    ["an empty name", { "": "b" }],
    ["another length", { "Content-Length": "0" }],
    ["a coding", { "transfer-encoding": "chunked" }],
    ["another host", { Host: "elsewhere" }],
    ["a word on the connection", { connection: "upgrade" }],
  ])("with %s is refused before anything is sent", async (_, headers) => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    await expect(http.post("", { headers })).rejects.toMatchObject({ code: "internal", reason: "HTTP_HEADER_INVALID" });
    await expect(http.post("", { headers })).rejects.toMatchObject({ reason: "HTTP_HEADER_INVALID" });
    expect(await http.ask("after")).toBe("got after");
    expect(server).toMatchObject({ opened: 1, bodies: ["after"] });
  });

  test.each([256 * 1024, 8 * 1024 * 1024])("of %d bytes reaches a server that reads slowly, whole and in order", async (size) => {
    const body = "é☃😀0123456".repeat(Math.ceil(size / 16));
    let hash = "";
    using server = startRawHttpServer({
      slow: true,
      onRequest: (connection, _, text) => {
        hash = String(Bun.hash(text));
        return connection.send(plainResponse("ok"));
      },
    });
    using http = openClient(server.url);
    expect(await http.ask(body)).toBe("ok");
    expect(hash).toBe(String(Bun.hash(body)));
    expect(await http.ask("again")).toBe("ok");
    expect(server.opened).toBe(1);
  });
});

describe("real servers", () => {
  test("of Node: lengths, chunks, no content, interim responses, on one connection", async () => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => {
        if (request.headers["x-want"] === "chunks") response.writeEarlyHints({ link: "</a>; rel=preload" });
        if (request.headers["x-want"] === "nothing") response.writeHead(204).end();
        else if (request.headers["x-want"] === "chunks") response.write("one ", () => response.end("two"));
        else response.end("length");
      });
    });
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as { port: number };
    using http = openClient(new URL(`http://127.0.0.1:${port}/`));
    for (let round = 0; round < 3; round += 1) {
      expect(await http.ask("x")).toBe("length");
      expect(await http.ask("x", { headers: { "x-want": "chunks" } })).toBe("one two");
      expect(await http.ask("x", { headers: { "x-want": "nothing" } })).toBe("");
    }
    expect(connections).toBe(1);
    http.client.close();
    await new Promise((closed) => server.close(closed));
  });

  test("of Bun: a length, a stream, a large body", async () => {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        const body = await request.text();
        return new Response(
          body === "stream"
            ? (async function* () {
                yield "one ";
                yield "two";
              })()
            : "é".repeat(Number(body)),
          { headers: { "x-method": request.method } },
        );
      },
    });
    using http = openClient(new URL(server.url));
    const response = await http.post("3");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-method")).toBe("POST");
    expect(await response.body.text(1000)).toBe("ééé");
    expect(await http.ask("stream")).toBe("one two");
    expect(await http.ask("1000000")).toBe("é".repeat(1_000_000));
    await server.stop(true);
  });

  test("that listen only on 127.0.0.1 are found by the name localhost", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(new URL(`http://localhost:${server.port}/`));
    expect(await http.ask("name")).toBe("got name");
  });

  test.skipIf(!hasLoopback6)("that listen only on ::1 are found by the name localhost and by their address", async () => {
    const requests: string[] = [];
    using server = startRawHttpServer({
      hostname: "::1",
      onRequest: (connection, request, body) => requests.push(request) && echo(connection, request, body),
    });
    using byName = openClient(new URL(`http://localhost:${server.port}/`));
    using byAddress = openClient(server.url);
    expect(await byName.ask("name")).toBe("got name");
    expect(await byAddress.ask("address")).toBe("got address");
    expect(requests[1]).toContain(`\r\nhost: [::1]:${server.port}\r\n`);
  });
});

describe("connections", () => {
  test("are kept from request to request", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    for (const body of ["1", "2", "3"]) expect(await http.ask(body)).toBe(`got ${body}`);
    expect(server.opened).toBe(1);
  });

  test("are as many as are needed, and no more than allowed; who waits is served in order", async () => {
    const held: (() => unknown)[] = [];
    using server = startRawHttpServer({
      onRequest: (connection, request, body) => held.push(() => echo(connection, request, body)),
    });
    using http = openClient(server.url, { maxConnections: 2 });
    const answers: string[] = [];
    const asked = ["1", "2", "3", "4", "5", "6"].map(async (body) => answers.push(await http.ask(body)));
    for (let done = 0; done < 6; done += 1) {
      await until(() => held.length > 0);
      expect(held.length).toBeLessThanOrEqual(2);
      held.shift()?.();
    }
    await Promise.all(asked);
    expect(server.bodies).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(answers).toEqual(["got 1", "got 2", "got 3", "got 4", "got 5", "got 6"]);
    expect(server.opened).toBe(2);
  });

  test("do not go to one who comes later, even right after an answer", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url, { maxConnections: 1 });
    const first = http.ask("1").then(() => http.ask("late"));
    await Promise.all([first, http.ask("2"), http.ask("3")]);
    expect(server.bodies).toEqual(["1", "2", "3", "late"]);
  });

  test("are not used after four seconds of rest, but for as long before", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    await http.ask("1");
    http.clock.now += 3999;
    await http.ask("2");
    expect(server.opened).toBe(1);
    http.clock.now += 4000;
    await http.ask("3");
    expect(server.opened).toBe(2);
    await until(() => server.open === 1);
  });

  test("rest a second less than the server says", async () => {
    using server = startRawHttpServer({
      onRequest: (connection) => connection.send(plainResponse("", "keep-alive: timeout=3\r\n")),
    });
    using http = openClient(server.url);
    await http.ask("1");
    http.clock.now += 1999;
    await http.ask("2");
    expect(server.opened).toBe(1);
    http.clock.now += 2000;
    await http.ask("3");
    expect(server.opened).toBe(2);
  });

  test.each(["keep-alive: timeout=1\r\n", "connection: close\r\n"])("are closed after a response that says %j", async (header) => {
    using server = startRawHttpServer({ onRequest: (connection) => connection.send(plainResponse("hi", header)) });
    using http = openClient(server.url);
    expect(await http.ask("1")).toBe("hi");
    await until(() => server.open === 0);
    expect(await http.ask("2")).toBe("hi");
    expect(server.opened).toBe(2);
  });

  test("that rest for too long are closed without a request, and no timer is left", async () => {
    using server = startRawHttpServer({ onRequest: echo });
    using http = openClient(server.url);
    jest.useFakeTimers();
    try {
      await Promise.all([http.ask("1"), http.ask("2")]);
      http.clock.now += 2000;
      await http.ask("3");
      http.clock.now += 2000;
      jest.advanceTimersByTime(4000);
      expect(jest.getTimerCount()).toBe(1);
      http.clock.now += 4000;
      jest.advanceTimersByTime(4000);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
    await until(() => server.open === 0);
    expect(server.opened).toBe(2);
  });

  test("are read no faster than the reader reads", async () => {
    const size = 50 * 1024 * 1024;
    let sent = 0;
    using server = startRawHttpServer({
      onRequest: async (connection) => {
        await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
        for (const piece = Buffer.alloc(256 * 1024, "x"); sent < size; sent += piece.length) await connection.send(piece);
      },
    });
    using http = openClient(server.url);
    const { body } = await http.post("");
    let read = 0;
    let ahead = 0;
    for (let part = await body.next(); part !== undefined; part = await body.next()) {
      read += part.byteLength;
      // The server gets all the time it can use.
      if (read < 4 * 1024 * 1024) await Bun.sleep(0);
      ahead = Math.max(ahead, sent - read);
    }
    expect(read).toBe(size);
    expect(ahead).toBeLessThan(size / 2);
  });
});
