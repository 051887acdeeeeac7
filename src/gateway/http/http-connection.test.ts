import { describe, expect, test } from "bun:test";
import { SharedResult } from "../../mcp/shared-result.ts";
import { readBody } from "../body.ts";
import { isRefusal } from "../refusal.ts";
import { echo, fakeConnection, settled } from "./http-connection.fixture.ts";
import type { HttpHandler } from "./http-host.ts";
import type { HttpRequest } from "./http-request.ts";
import { type HttpAnswer, PlainAnswer } from "./plain-answer.ts";

const DATE = "date: Thu, 01 Jan 2026 00:00:00 GMT";
const post = (body: string, ...lines: readonly string[]) =>
  ["POST /x HTTP/1.1", "Host: here", `Content-Length: ${Buffer.byteLength(body)}`, ...lines, "", body].join("\r\n");
const plain = (body: string | Uint8Array | null, headers: Record<string, string> = {}, status = 200) =>
  new PlainAnswer(body, status, headers);

/** A handler whose answers come when the test says so. */
function held() {
  const waiting: ((answer: HttpAnswer) => void)[] = [];
  const requests: HttpRequest[] = [];
  const handler: HttpHandler = (request) => {
    requests.push(request);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const answer = async (next: HttpAnswer) => {
    waiting.shift()?.(next);
    await settled();
  };
  return { handler, requests, answer };
}

describe("an answer", () => {
  test("has a length, a date, and the headers it was given", async () => {
    const { socket, connection, host } = fakeConnection();
    connection.onData(Buffer.from(post("hällo")));
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 14\r\n${DATE}\r\n\r\nPOST /x h\xc3\xa4llo`);
    expect([socket.state, host.pending]).toEqual(["open", 0]);
  });

  test.each([
    ["bytes", plain(Buffer.from("abc")), "abc"],
    ["many bytes", plain(Buffer.from("a".repeat(20_000))), "a".repeat(20_000)],
    ["nothing", plain(null), ""],
  ])("may be %s", async (_, answer, body) => {
    const { socket, say } = fakeConnection(async () => answer);
    say(post(""));
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${DATE}\r\n\r\n${body}`);
  });

  test("to HEAD has the length and no body, and one of 204 has neither", async () => {
    const { socket, say } = fakeConnection(async ({ method }) => (method === "HEAD" ? plain("abc") : plain("never", {}, 204)));
    say("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nDELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\n${DATE}\r\n\r\nHTTP/1.1 204 No Content\r\n${DATE}\r\n\r\n`);
  });

  test("that streams comes in chunks, and ends with its source", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const { socket, say, host } = fakeConnection(async () => new Response(readable, { headers: { "content-type": "a/b" } }));
    say(post(""));
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 200 OK\r\ncontent-type: a/b\r\ntransfer-encoding: chunked\r\n${DATE}\r\n\r\n`);
    await writer.write(Buffer.from("one"));
    await writer.write(Buffer.from("x".repeat(20_000)));
    expect(host.pending).toBe(1);
    await writer.close();
    await settled();
    expect(socket.text.slice(socket.text.indexOf("\r\n\r\n") + 4)).toBe(`3\r\none\r\n4e20\r\n${"x".repeat(20_000)}\r\n0\r\n\r\n`);
    expect(host.pending).toBe(0);
    say(post("next"));
    expect(host.pending).toBe(1);
  });

  test("that streams to HTTP/1.0 ends with the connection", async () => {
    const { socket, say } = fakeConnection(async () => new Response(new Response("one").body));
    say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 200 OK\r\nconnection: close\r\n${DATE}\r\n\r\none`);
    expect(socket.state).toBe("ended");
  });

  test("that streams is given up when a write tells that its client has gone, however much more there is", async () => {
    let [pulls, canceled] = [0, 0];
    const { socket, say, host } = fakeConnection(
      async () =>
        new Response(
          new ReadableStream<Uint8Array>({
            pull(controller) {
              pulls += 1;
              socket.isGone = pulls > 3;
              if (pulls < 1000) controller.enqueue(Buffer.from("one"));
              else controller.close();
            },
            cancel() {
              canceled += 1;
            },
          }),
        ),
    );
    say(post(""));
    await settled();
    expect([canceled, host.pending, host.closed, socket.state]).toEqual([1, 0, 1, "terminated"]);
    expect(pulls).toBeLessThan(10);
  });

  test("that has always more leaves others their turn", async () => {
    let [pulls, othersRan] = [0, false];
    setImmediate(() => {
      othersRan = true;
    });
    const { say } = fakeConnection(
      async () =>
        new Response(
          new ReadableStream<Uint8Array>({
            pull(controller) {
              pulls += 1;
              if (othersRan || pulls === 10_000) controller.close();
              else controller.enqueue(Buffer.from("one"));
            },
          }),
        ),
    );
    say(post(""));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulls).toBeLessThan(1000);
  });

  test("that breaks off in the middle ends the connection without its last chunk", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(Buffer.from("one"));
        controller.error(new Error("gone"));
      },
    });
    const { socket, say, host } = fakeConnection(async () => new Response(broken));
    say(post(""));
    await settled();
    expect([socket.text.endsWith("0\r\n\r\n"), socket.state, host.pending, host.closed]).toEqual([false, "terminated", 0, 1]);
  });

  test.each([
    ["a line end in a value", { "x-a": "b\r\nset-cookie: evil" }],
    ["a name with a colon", { "x:a": "b" }],
    ["a letter beyond ASCII", { "x-a": "\xe4" }],
  ])("with %s is not sent; the client hears 500", async (_, headers) => {
    const { socket, say, failures } = fakeConnection(async () => plain("body", headers));
    say(post(""));
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n${DATE}\r\n\r\n`);
    expect(failures).toMatchObject([{ reason: "HTTP_HEADER_INVALID" }]);
  });

  test("cannot say another length than it has", async () => {
    const { socket, say } = fakeConnection(async () =>
      plain("abc", { "Content-Length": "1", "transfer-encoding": "chunked", date: "never" }),
    );
    say(post(""));
    await settled();
    expect(socket.text).toBe(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\n${DATE}\r\n\r\nabc`);
  });

  test("of a handler that throws is 500, and the last", async () => {
    const { socket, say, failures } = fakeConnection(() => Promise.reject(new Error("mine")));
    say(post("") + post(""));
    await settled();
    expect([socket.statuses, failures]).toEqual([[500], [new Error("mine")]]);
  });
});

describe("a connection", () => {
  test("carries requests one after another, each answered before the next begins", async () => {
    const { handler, requests, answer } = held();
    const { socket, say } = fakeConnection(handler);
    say(post("1") + post("2") + post("3").slice(0, -1));
    expect(requests).toHaveLength(1);
    await answer(plain("one"));
    expect([requests.length, socket.statuses]).toEqual([2, [200]]);
    await answer(plain("two"));
    expect(requests).toHaveLength(3);
    expect(await Promise.race([requests[2]?.text(), settled().then(() => "not yet")])).toBe("not yet");
    say("3");
    expect(await Promise.all(requests.map((request) => request.text()))).toEqual(["1", "2", "3"]);
    await answer(plain("three"));
    expect(socket.text.match(/one|two|three/g)).toEqual(["one", "two", "three"]);
  });

  test("ends where the client says so, behind its answer", async () => {
    const { socket, say, host } = fakeConnection();
    say(post("1", "Connection: close") + post("2"));
    await settled();
    expect(socket.text).toContain("\r\nconnection: close\r\n");
    expect(socket.statuses).toEqual([200]);
    const other = fakeConnection();
    other.say(post("1", "Connection: close"));
    await settled();
    expect([other.socket.state, other.host.closed, host.pending]).toEqual(["ended", 1, 0]);
  });

  test("of HTTP/1.0 is kept where the client asks for it, and is told so", async () => {
    const { socket, say } = fakeConnection();
    say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await settled();
    expect([socket.text.includes("\r\nconnection: keep-alive\r\n"), socket.state]).toEqual([true, "open"]);
    say("GET / HTTP/1.0\r\n\r\n");
    await settled();
    expect([socket.statuses, socket.state]).toEqual([[200, 200], "ended"]);
  });

  test("ends behind an answer that says that it is the last", async () => {
    const { socket, say } = fakeConnection(async () => plain("go elsewhere", { connection: "close" }, 503));
    say(post(""));
    await settled();
    expect(socket.text.match(/connection: close/g)).toHaveLength(1);
    expect(socket.state).toBe("ended");
  });

  test("of a listener that stops ends at once where nothing is under way, else behind its answer", async () => {
    const idle = fakeConnection();
    idle.host.stopping = true;
    idle.connection.stop();
    expect(idle.socket.state).toBe("ended");
    const { handler, answer } = held();
    const busy = fakeConnection(handler);
    busy.say(post(""));
    busy.host.stopping = true;
    busy.connection.stop();
    expect(busy.socket.state).toBe("open");
    await answer(plain("one"));
    expect([busy.socket.text.includes("connection: close"), busy.socket.state]).toEqual([true, "ended"]);
  });

  test("does not read on without bound while a request is carried out", async () => {
    const { handler, answer } = held();
    const { socket, say } = fakeConnection(handler);
    say(post(""));
    say("x".repeat(65_536));
    expect(socket.isPaused).toBe(false);
    say("x");
    expect(socket.isPaused).toBe(true);
    await answer(plain("one"));
    expect([socket.isPaused, socket.statuses]).toEqual([false, [200, 431]]);
  });

  test("that is closed by the client lets go of its request, its body and its stream", async () => {
    const { handler, requests, answer } = held();
    const { connection, host, say, socket } = fakeConnection(handler);
    say(post("whole").slice(0, -1));
    const text = requests[0]?.text() ?? Promise.resolve("");
    connection.onClose();
    await expect(text).rejects.toMatchObject({ code: "canceled", reason: "REQUEST_ABORTED" });
    expect([host.pending, host.closed]).toEqual([0, 1]);
    const canceled: string[] = [];
    const stream = () => new Response(new ReadableStream({ cancel: () => void canceled.push("canceled") }));
    await answer(stream());
    expect([canceled.length, socket.text]).toEqual([1, ""]);
    const streaming = fakeConnection(async () => stream());
    streaming.say(post(""));
    await settled();
    streaming.connection.onClose();
    await settled();
    expect([canceled.length, streaming.host.pending, streaming.host.closed]).toEqual([2, 0, 1]);
  });
});

describe("a slow client", () => {
  test("gets the rest of an answer when it takes more, and the next one after it", async () => {
    const { socket, say, connection } = fakeConnection();
    socket.room = 100;
    say(post("1") + post("2"));
    await settled();
    expect(socket.text).toHaveLength(100);
    socket.room = 5;
    connection.onDrain();
    expect(socket.text).toHaveLength(105);
    socket.room = Number.POSITIVE_INFINITY;
    connection.onDrain();
    await settled();
    expect([socket.statuses, socket.text.endsWith("POST /x 2")]).toEqual([[200, 200], true]);
  });

  test("gets what it was sent, although others were answered since", async () => {
    const bytesOf = (letter: string) => Buffer.from(letter.repeat(20_000));
    const slow = fakeConnection(async () => new PlainAnswer(bytesOf("a"), 200, {}));
    const quick = fakeConnection(async () => new PlainAnswer(bytesOf("b"), 200, {}));
    slow.socket.room = 1000;
    slow.say(post(""));
    await settled();
    quick.say(post(""));
    await settled();
    slow.socket.room = Number.POSITIVE_INFINITY;
    slow.connection.onDrain();
    for (const [{ socket }, letter] of [
      [slow, "a"],
      [quick, "b"],
    ] as const) {
      expect(socket.text.slice(socket.text.indexOf("\r\n\r\n") + 4)).toBe(letter.repeat(20_000));
    }
  });

  test.each([1000, 300_000])("gets its part of what is shared whole, and others theirs: %d bytes", async (bytes) => {
    const list = Buffer.from(`{"tools":["${"é".repeat(bytes / 2)}"]}`);
    const clients = ['"é"', "2"].map((idText) => ({
      wanted: `{"jsonrpc":"2.0","id":${idText},"result":${list}}`,
      ...fakeConnection(async () => new PlainAnswer(new SharedResult(idText, list), 200, {})),
    }));
    for (const { socket, say } of clients) {
      socket.room = 400;
      say(post(""));
      await settled();
    }
    for (const { socket, connection, wanted } of clients) {
      socket.room = Number.POSITIVE_INFINITY;
      connection.onDrain();
      await settled();
      expect(Buffer.from(socket.text, "latin1").toString().split("\r\n\r\n")[1]).toBe(wanted);
      expect(socket.text).toContain(`content-length: ${Buffer.byteLength(wanted)}\r\n`);
    }
  });

  test("makes the source of a stream wait", async () => {
    let pulls = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls += 1;
          controller.enqueue(Buffer.from("x".repeat(1000)));
        },
      },
      { highWaterMark: 0 },
    );
    const { socket, say, connection } = fakeConnection(async () => new Response(source));
    socket.room = 2500;
    say(post(""));
    await settled();
    expect(pulls).toBe(3);
    socket.room = 1500;
    connection.onDrain();
    await settled();
    expect(pulls).toBe(4);
  });

  test("that takes nothing for a minute is let go of; one that takes a little is not", async () => {
    const { socket, say, wait, connection, host } = fakeConnection();
    socket.room = 10;
    say(post("x"));
    await settled();
    wait(59);
    socket.room = 1;
    connection.onDrain();
    wait(59);
    expect(socket.state).toBe("open");
    wait(1);
    expect([socket.state, host.pending]).toEqual(["terminated", 0]);
  });

  test("has ten seconds for a head, however often a byte of it comes", async () => {
    const { socket, say, wait } = fakeConnection();
    for (const byte of "POST / HT") {
      say(byte);
      wait(1);
    }
    expect(socket.text).toBe("");
    say("T");
    wait(1);
    expect(socket.statuses).toEqual([408]);
    say("P/1.1\r\n\r\n");
    wait(2);
    expect([socket.statuses, socket.state]).toEqual([[408], "terminated"]);
  });

  test("has ten seconds for the head of a second request too", async () => {
    const { socket, say, wait } = fakeConnection();
    say(`${post("1")}PO`);
    await settled();
    wait(10);
    expect(socket.statuses).toEqual([200, 408]);
  });

  test("has a minute for a body", async () => {
    const { handler, requests } = held();
    const { say, wait, socket, host } = fakeConnection(handler);
    say(post("body").slice(0, -2));
    const text = requests[0]?.text();
    wait(59);
    say("d");
    expect(socket.state).toBe("open");
    wait(1);
    expect([socket.state, host.pending]).toEqual(["terminated", 0]);
    await expect(text).rejects.toMatchObject({ reason: "REQUEST_ABORTED" });
  });

  test("may wait for its answer as long as it takes, and is let go of after five minutes without a request", async () => {
    const { handler, answer } = held();
    const { say, wait, socket } = fakeConnection(handler);
    say(post(""));
    wait(100_000);
    expect(socket.state).toBe("open");
    await answer(plain("late"));
    wait(299);
    expect(socket.state).toBe("open");
    wait(1);
    expect([socket.state, socket.statuses]).toEqual(["ended", [200]]);
  });
});

describe("a body", () => {
  /** Reads as the gateway does. */
  const limited: HttpHandler = async (request) => {
    const body = await readBody(request, { maxBytes: 10, maxDepth: 64 });
    return isRefusal(body) ? plain("too large", {}, 413) : plain(body);
  };

  test.each(["short", ""])("is read whether it comes with its head or behind it, with a length or in chunks: %j", async (text) => {
    for (const cut of [0, 1, 3]) {
      const { socket, say } = fakeConnection(limited);
      const whole = post(text);
      say(whole.slice(0, whole.length - cut));
      await settled();
      say(whole.slice(whole.length - cut));
      say("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      await settled();
      for (const letter of text) say(`1\r\n${letter}\r\n`);
      say("0\r\n\r\n");
      await settled();
      expect([socket.statuses, socket.text.split("\r\n\r\n").at(-1)]).toEqual([[200, 200], text]);
    }
  });

  test("that says a length over the limit is refused before it comes, and the connection goes on behind it", async () => {
    const { socket, say } = fakeConnection(limited);
    const whole = post("x".repeat(1000));
    say(whole.slice(0, 100));
    await settled();
    expect(socket.statuses).toEqual([413]);
    say(whole.slice(100));
    say(post("next"));
    await settled();
    expect([socket.statuses, socket.text.endsWith("next")]).toEqual([[413, 200], true]);
  });

  test("in chunks is refused when it is over the limit, and let by up to what may be", async () => {
    const { socket, say } = fakeConnection(limited, { maxDrainBytes: 100 });
    say("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    say(`b\r\n${"x".repeat(11)}\r\n`);
    await settled();
    expect([socket.statuses, socket.state]).toEqual([[413], "open"]);
    say(`64\r\n${"x".repeat(100)}\r\n`);
    expect(socket.state).toBe("open");
    say("1\r\nx\r\n");
    expect(socket.state).toBe("terminated");
  });

  test("that is too long to be let by makes its refusal the last answer", async () => {
    const { socket, say, wait } = fakeConnection(limited, { maxDrainBytes: 1000 });
    say(post("").replace("Content-Length: 0", "Content-Length: 5000"));
    await settled();
    expect([socket.statuses, socket.text.includes("connection: close")]).toEqual([[413], true]);
    say("x".repeat(1000));
    expect(socket.state).toBe("open");
    wait(2);
    expect(socket.state).toBe("terminated");
  });

  test("that nobody reads does not fill the memory", async () => {
    const { handler, answer } = held();
    const { socket, say } = fakeConnection(handler);
    say("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    for (let count = 0; count < 3; count += 1) say("x".repeat(100_000));
    expect(socket.isPaused).toBe(true);
    await answer(plain("not read"));
    expect(socket.isPaused).toBe(false);
  });

  test("is asked for where the client waits for that, and not where it is refused", async () => {
    const { socket, say } = fakeConnection(limited);
    const expecting = (length: number) => `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
    say(expecting(5));
    await settled();
    expect(socket.text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    say("hello");
    await settled();
    expect(socket.statuses).toEqual([100, 200]);
    const refused = fakeConnection(limited);
    refused.say(expecting(5000));
    await settled();
    expect([refused.socket.statuses, refused.socket.text.includes("connection: close")]).toEqual([[413], true]);
    const eager = fakeConnection(limited);
    eager.say(`${expecting(5)}hello`);
    await settled();
    expect(eager.socket.statuses).toEqual([200]);
  });

  test("whose chunks are broken is refused at once, whatever its request comes to", async () => {
    const { handler, answer } = held();
    const { socket, say, host, failures } = fakeConnection(handler);
    say("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello");
    say("evil");
    expect([socket.statuses, host.pending]).toEqual([[400], 0]);
    await answer(plain("too late"));
    expect([socket.statuses, failures]).toEqual([[400], []]);
  });

  test("whose chunks are broken behind its answer ends the connection without another", async () => {
    const { socket, say } = fakeConnection(async () => plain("early"));
    say("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello");
    await settled();
    say("evil");
    expect([socket.statuses, socket.state]).toEqual([[200], "terminated"]);
  });

  test("in other letters than UTF-8 is read as the web reads it", async () => {
    const { socket, say } = fakeConnection(echo);
    say(`${post("").replace("Content-Length: 0", "Content-Length: 5")}\xef\xbb\xbfa\xff`);
    await settled();
    expect(socket.text.endsWith("POST /x a\xef\xbf\xbd")).toBe(true);
  });
});

test("what cannot be read is refused with a status alone, and nothing behind it is carried out", async () => {
  for (const [text, status] of [
    ["\x16\x03\x01\x00\xa5\x01", 400],
    ["GET / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505],
    ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nHost: x\r\na: ${"b".repeat(17_000)}`, 431],
  ] as const) {
    const { handler, requests } = held();
    const { socket, say, wait } = fakeConnection(handler);
    say(text);
    say(post(""));
    await settled();
    expect(socket.text).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [A-Z][ A-Za-z]+\r\ncontent-length: 0\r\nconnection: close\r\n${DATE}\r\n\r\n$`),
    );
    expect(requests).toEqual([]);
    wait(2);
    expect(socket.state).toBe("terminated");
  }
});
