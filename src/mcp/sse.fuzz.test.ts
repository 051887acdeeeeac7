import { expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../core/app-error.ts";
import { createSseParser, encodeSseMessage, type SseEvent } from "./sse.ts";

const ROOMY = { maxEventBytes: 1_000_000 };

/** The algorithm of the HTML standard (9.2.6), on a stream that is all there. */
function eventsByTheStandard(text: string): SseEvent[] {
  const events: SseEvent[] = [];
  const blank = { data: [] as string[], event: "" };
  let [block, id] = [structuredClone(blank), ""];
  // What follows the last end of a line is not a line yet.
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .slice(0, -1);
  for (const line of lines) {
    const [name = ""] = line.split(":", 1);
    const value = line.slice(name.length + 1).replace(/^ /, "");
    if (line === "") {
      if (block.data.length > 0) events.push({ event: block.event || "message", data: block.data.join("\n"), id });
      block = structuredClone(blank);
    } else if (name === "data") block.data.push(value);
    else if (name === "event") block.event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
  }
  return events;
}

const bit = fc.oneof(
  fc.constantFrom(
    "data",
    "event",
    "id",
    "retry",
    ":",
    ": ",
    "  ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\uFEFF",
    "\0",
    "x",
    "é",
    "\u{1f600}",
    "\u2028",
    "{}",
  ),
  fc.string({ unit: "binary", maxLength: 3 }),
);
const stream = fc.array(bit, { maxLength: 40 }).map((bits) => bits.join(""));

function parse(chunks: readonly (string | Uint8Array)[]): SseEvent[] {
  const parser = createSseParser(ROOMY);
  return chunks.flatMap((chunk) => parser.push(chunk));
}

test("any text gives the events that the standard says, whole or byte by byte", () => {
  fc.assert(
    fc.property(stream, (text) => {
      const bytes = new TextEncoder().encode(text);
      // A lone surrogate has no bytes of its own.
      const expected = eventsByTheStandard(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
      expect(parse([bytes])).toEqual(expected);
      expect(parse([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test("no bytes make the parser throw anything but its refusal, and none make it hold more than its limit", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.integer({ min: 1, max: 64 }), (chunks, maxEventBytes) => {
      const parser = createSseParser({ maxEventBytes });
      try {
        for (const chunk of chunks)
          for (const { data } of parser.push(chunk)) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(maxEventBytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(AppError);
        expect(thrown).toMatchObject({ reason: "SSE_EVENT_TOO_LARGE" });
      }
    }),
    { numRuns: 500 },
  );
});

test("a line that never ends is refused at the limit, whatever it is cut into", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 200 }), (size, maxEventBytes) => {
      const parser = createSseParser({ maxEventBytes });
      const piece = "x".repeat(size);
      let sent = 0;
      const sendOn = () => {
        while (sent <= 10 * maxEventBytes + size) {
          sent += size;
          parser.push(piece);
        }
      };
      expect(sendOn).toThrow(expect.objectContaining({ reason: "SSE_EVENT_TOO_LARGE" }));
      expect(sent).toBeLessThanOrEqual(maxEventBytes + size);
    }),
  );
});

test("messages that are written one after the other are read one by one, with comments between them", () => {
  const message = fc.tuple(fc.string({ unit: "grapheme" }), fc.constantFrom("", ": alive\n\n", ":\r\n"));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
      const written = messages.map(([data, comment]) => encodeSseMessage(data) + comment).join("");
      const expected = messages.map(([data]) => data.replaceAll(/\r\n|\r/g, "\n"));
      expect(parse([written]).map(({ data }) => data)).toEqual(expected);
    }),
  );
});

test("no data and no name that is written can end its event or begin another", () => {
  const hostile = fc.array(
    fc.oneof(fc.constantFrom("\n\n", "\r\r", "\r\n\r\n", "\ndata: x", "\nevent: y", "\nid: z", "data:"), fc.string()),
  );
  fc.assert(
    fc.property(hostile, (parts) => {
      const events = parse([encodeSseMessage(parts.join("")), encodeSseMessage("next")]);
      expect(events).toHaveLength(2);
      expect(events).toMatchObject([
        { event: "message", id: "" },
        { event: "message", data: "next", id: "" },
      ]);
    }),
  );
});
