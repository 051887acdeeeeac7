import { expect, test } from "bun:test";
import { parseRequestHead } from "./request-head.ts";

const get = (...lines: readonly string[]) => parseRequestHead(["GET /a?b HTTP/1.1", "Host: here:1", ...lines].join("\r\n"));
const post = (...lines: readonly string[]) => parseRequestHead(["POST / HTTP/1.1", "Host: here:1", ...lines].join("\r\n"));

test("a head is told as it came, with names in lower case", () => {
  expect(get("X-Some:  thing ")).toEqual({
    method: "GET",
    target: "/a?b",
    path: "/a",
    fields: new Map([
      ["host", "here:1"],
      ["x-some", "thing"],
    ]),
    version: "1.1",
    framing: "none",
    keepAlive: true,
    expectsContinue: false,
  });
});

test.each([
  ["GET / HTTP/1.1\r\nHost: x", true],
  ["GET / HTTP/1.1\r\nHost: x\r\nConnection: close", false],
  ["GET / HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive, Close", false],
  ["GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: close", false],
  ["GET / HTTP/1.0", false],
  ["GET / HTTP/1.0\r\nConnection: Keep-Alive", true],
  ["GET / HTTP/1.0\r\nConnection: keep-alive, close", false],
])("whether the connection goes on is what the client says: %j", (text, keepAlive) => {
  expect(parseRequestHead(text)).toMatchObject({ keepAlive });
});

test("a body is told by its length or comes in chunks", () => {
  expect(post("Content-Length: 12")).toMatchObject({ framing: "length" });
  expect(post("Transfer-Encoding: CHUNKED")).toMatchObject({ framing: "chunks" });
  expect(post("Content-Length: 5", "Expect: 100-Continue")).toMatchObject({ expectsContinue: true });
});

test("a request to a proxy is one to its path, where it names the host that the Host does", () => {
  const absolute = (target: string) => parseRequestHead(`GET ${target} HTTP/1.1\r\nHost: here:1`);
  expect(absolute("http://HERE:1/a?b")).toMatchObject({ target: "/a?b" });
  expect(absolute("http://here:1")).toMatchObject({ target: "/" });
  expect(absolute("http://here:1?b")).toMatchObject({ target: "/?b" });
  for (const target of ["http://there:1/a", "http://here/a", "http:///a", "ftp://here:1/a", "http://user@here:1/a", "http://here:1/a#b"]) {
    expect(absolute(target)).toBe(400);
  }
});

const line = (text: string) => `POST / HTTP/1.1\r\nHost: x\r\n${text}`;
const BAD: readonly (readonly [string, string, number])[] = [
  ["nothing", "", 400],
  ["no version", "GET /", 400],
  ["HTTP/0.9", "GET / HTTP/0.9\r\nHost: x", 505],
  ["HTTP/2", "PRI * HTTP/2.0", 505],
  ["a version of two digits", "GET / HTTP/1.10\r\nHost: x", 400],
  ["lower-case http", "GET / http/1.1\r\nHost: x", 400],
  ["two spaces", "GET  / HTTP/1.1\r\nHost: x", 400],
  ["a space at the end", "GET / HTTP/1.1 \r\nHost: x", 400],
  ["a tab", "GET\t/ HTTP/1.1\r\nHost: x", 400],
  ["a method that is no token", "GE(T / HTTP/1.1\r\nHost: x", 400],
  ["a method that is too long", `${"A".repeat(33)} / HTTP/1.1\r\nHost: x`, 400],
  ["a target with a space", "GET /a b HTTP/1.1\r\nHost: x", 400],
  ["a target with a control character", "GET /a\x01 HTTP/1.1\r\nHost: x", 400],
  ["a target beyond ASCII", "GET /\xe4 HTTP/1.1\r\nHost: x", 400],
  ["a fragment", "GET /a#b HTTP/1.1\r\nHost: x", 400],
  ["a relative target", "GET a HTTP/1.1\r\nHost: x", 400],
  ["an asterisk", "OPTIONS * HTTP/1.1\r\nHost: x", 400],
  ["a tunnel", "CONNECT x:443 HTTP/1.1\r\nHost: x:443", 400],
  ["no Host", "GET / HTTP/1.1", 400],
  ["two Hosts", line("Host: x"), 400],
  ["two other Hosts", line("Host: y"), 400],
  ["a Host with a path", "GET / HTTP/1.1\r\nHost: x/y", 400],
  ["a Host with a user", "GET / HTTP/1.1\r\nHost: u@x", 400],
  ["a Host of two", "GET / HTTP/1.1\r\nHost: x, y", 400],
  ["a space before the colon", line("Content-Length : 5"), 400],
  ["a folded line", line("a: b\r\n c"), 400],
  ["a first line folded", "GET / HTTP/1.1\r\n Host: x", 400],
  ["a bare line feed", line("a: b\nContent-Length: 5"), 400],
  ["a bare carriage return", line("a: b\rContent-Length: 5"), 400],
  ["a NUL", line("a: b\0"), 400],
  ["no name", line(": b"), 400],
  ["two lengths", line("Content-Length: 5\r\nContent-Length: 6"), 400],
  ["one length twice", line("Content-Length: 5\r\nContent-Length: 5"), 400],
  ["two lengths in a line", line("Content-Length: 5, 5"), 400],
  ["a negative length", line("Content-Length: -5"), 400],
  ["a signed length", line("Content-Length: +5"), 400],
  ["a hexadecimal length", line("Content-Length: 0x5"), 400],
  ["a length with a fraction", line("Content-Length: 5.0"), 400],
  ["an empty length", line("Content-Length:"), 400],
  ["a length beyond numbers", line("Content-Length: 9999999999999999"), 400],
  ["a length and chunks", line("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400],
  ["chunks and a length", line("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400],
  ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked", 400],
  ["chunked twice", line("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 501],
  ["a coding that is not known", line("Transfer-Encoding: gzip"), 501],
  ["two codings", line("Transfer-Encoding: gzip, chunked"), 501],
  ["a coding behind chunked", line("Transfer-Encoding: chunked, identity"), 501],
  ["chunked with a no-break space", line("Transfer-Encoding: chunked\xa0"), 501],
  ["chunked with a vertical tab", line("Transfer-Encoding: \x0bchunked"), 400],
  ["an expectation that is not known", line("Expect: miracles"), 417],
];

test.each(BAD)("%s is refused", (_, text, status) => {
  expect(parseRequestHead(text)).toBe(status as never);
});
