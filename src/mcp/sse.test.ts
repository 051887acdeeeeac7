import { expect, test } from "bun:test";
import fc from "fast-check";
import { createSseParser, encodeSseEvent, encodeSseMessage, type SseEvent } from "./sse.ts";

const ROOMY = { maxEventBytes: 1_000_000 };

function parse(chunks: readonly (string | Uint8Array)[], options = ROOMY): SseEvent[] {
  const parser = createSseParser(options);
  return chunks.flatMap((chunk) => parser.push(chunk));
}

function message(data: string, id = "", event = "message"): SseEvent {
  return { event, data, id };
}

/** Cuts `bytes` at the given places, in any order and number. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end));
}

test("one event in one piece", () => {
  expect(parse(['event: message\ndata: {"a":1}\n\n'])).toEqual([message('{"a":1}')]);
});

test("CR, LF and CRLF end lines alike", () => {
  const expected = [message("one"), message("two")];
  expect(parse(["data: one\n\ndata: two\n\n"])).toEqual(expected);
  expect(parse(["data: one\r\rdata: two\r\r"])).toEqual(expected);
  expect(parse(["data: one\r\n\r\ndata: two\r\n\r\n"])).toEqual(expected);
});

test("a CRLF cut in two ends one line, not two", () => {
  expect(parse(["data: one\r", "\ndata: two\r", "\n\r", "\n"])).toEqual([message("one\ntwo")]);
});

test("a CR that ends a piece ends its event at once", () => {
  const parser = createSseParser(ROOMY);
  expect(parser.push("data: one\r\r")).toEqual([message("one")]);
  expect(parser.push("\ndata: two\r\r")).toEqual([message("two")]);
});

test("data lines are joined by LF, an empty one too", () => {
  expect(parse(["data: a\ndata\ndata:\ndata:  b\n\n"])).toEqual([message("a\n\n\n b")]);
  expect(parse(["data:\n\n"])).toEqual([message("")]);
});

test("comments, unknown fields and blocks without data make no event", () => {
  expect(parse([": keep-alive\n\nretry: 10\nfoo: bar\n\nevent: lost\n\ndata: x\n\n"])).toEqual([message("x")]);
});

test("an id lasts until the next one, and one with NUL is ignored", () => {
  expect(parse(["id: 7\n\ndata: a\n\nid: bad\0\ndata: b\n\nid\ndata: c\n\n"])).toEqual([
    message("a", "7"),
    message("b", "7"),
    message("c"),
  ]);
});

test("an event's name holds for that event only", () => {
  expect(parse(["event: ping\ndata: a\n\ndata: b\n\n"])).toEqual([message("a", "", "ping"), message("b")]);
});

test("a byte order mark is dropped at the start of the stream only", () => {
  expect(parse(["\uFEFFdata: \uFEFFa\n\n"])).toEqual([message("\uFEFFa")]);
  expect(parse([new TextEncoder().encode("\uFEFFdata: a\n\n"), "\uFEFFdata: b\n\n"])).toEqual([message("a")]);
});

test("what is unfinished at the end of the stream is no event", () => {
  expect(parse(["data: a\n\ndata: b\n"])).toEqual([message("a")]);
});

test("an event over the limit is refused, whole or in parts, and one at the limit passes", () => {
  const refusal = expect.objectContaining({ code: "exhausted", reason: "SSE_EVENT_TOO_LARGE" });
  const small = { maxEventBytes: 20 };
  expect(parse([`data: ${"x".repeat(14)}\n\n`], small)).toHaveLength(1);
  expect(() => parse([`data: ${"x".repeat(15)}\n\n`], small)).toThrow(refusal);
  expect(() => parse(["data: ", ..."x".repeat(15)], small)).toThrow(refusal);
  expect(() => parse(["data: 123456789\n".repeat(3)], small)).toThrow(refusal);
  expect(() => parse([`data: ${"é".repeat(11)}\n\n`], small)).toThrow(refusal);
  expect(parse([": ping\n\n".repeat(100)], small)).toEqual([]);
});

test("a stream is resumed behind its last finished event, also one that only gave its id, after the time the server asked for", () => {
  const parser = createSseParser({ maxEventBytes: 100 });
  expect([parser.lastEventId, parser.retryMs]).toEqual(["", undefined]);
  parser.push("id: 1\ndata: a\n\nid: 2\nretry: 250\n\n");
  expect([parser.lastEventId, parser.retryMs]).toEqual(["2", 250]);
  parser.push("retry: soon\nid: 3\ndata: half");
  expect([parser.lastEventId, parser.retryMs]).toEqual(["2", 250]);
  parser.push("\n\n");
  expect(parser.lastEventId).toBe("3");
});

test("any cutting of a stream, even inside a character, gives the same events", () => {
  const line = fc.oneof(
    fc.constantFrom("", ":", ": note", "data", "data:", "data: ", "id: 1", "id", "event: x", "retry: 5", "dat", "\uFEFFdata: a"),
    fc.string({ unit: "binary", maxLength: 8 }).map((text) => `data: ${text}`),
  );
  const stream = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n", "\n\n", "\r\n\r\n")), { maxLength: 20 });
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 30 }), (lines, places) => {
      const bytes = new TextEncoder().encode(lines.flat().join(""));
      expect(parse(cut(bytes, places))).toEqual(parse([bytes]));
      expect(parse([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(parse([bytes]));
    }),
  );
});

test("what the encoder writes, the parser reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.option(fc.constantFrom("message", "note"), { nil: undefined }), (data, event) => {
      const normal = data.replaceAll(/\r\n|\r/g, "\n");
      expect(parse([encodeSseMessage(data, event)])).toEqual([message(normal, "", event ?? "message")]);
    }),
  );
});

test("an event's name cannot smuggle in a second line", () => {
  expect(() => encodeSseMessage("a", "x\ndata: b")).toThrow(expect.objectContaining({ reason: "SSE_EVENT_NAME_INVALID" }));
});

test("an event's id and the time to wait stand before its data, which may be empty", () => {
  expect(encodeSseEvent({ id: "a.1", retryMs: 500.4, data: "" })).toBe("id: a.1\nretry: 500\ndata: \n\n");
  expect(parse([encodeSseEvent({ id: "a.1", data: "x" })])).toEqual([message("x", "a.1")]);
  expect(() => encodeSseEvent({ id: "a\rb", data: "x" })).toThrow(expect.objectContaining({ reason: "SSE_EVENT_NAME_INVALID" }));
});
