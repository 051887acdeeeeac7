import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RequestReader } from "./request-reader.ts";

interface Said {
  readonly method: string;
  readonly target: string;
  readonly length: string | undefined;
  readonly fields: Record<string, string>;
  body: string;
  whole: boolean;
}

/** What a reader said; where a request is whole it reads on at once, or when `next` is called. */
function recordingReader(readsOn = true) {
  const said: Said[] = [];
  const broken: number[] = [];
  const onWhole = () => {
    const last = said.at(-1);
    if (last === undefined || last.whole) throw new Error("an end out of place");
    last.whole = true;
  };
  const reader = new RequestReader(
    {
      onHead(head, length, bytes, from, to) {
        const fields = { ...Object.fromEntries(head.fields), ...(length === undefined ? {} : { "content-length": length }) };
        said.push({
          method: head.method,
          target: head.target,
          length,
          fields,
          body: bytes?.toString("latin1", from, to) ?? "",
          whole: false,
        });
        if (bytes !== undefined) onWhole();
      },
      onBody(part) {
        const last = said.at(-1);
        if (last === undefined || last.whole || part.length === 0) throw new Error("a body out of place");
        last.body += part.toString("latin1");
      },
      onWhole,
      onBroken: (status) => void broken.push(status),
    },
    16 * 1024,
  );
  const push = (bytes: Buffer) => {
    reader.push(Buffer.from(bytes));
    while (readsOn && reader.state === "whole") reader.next();
  };
  return { said, broken, reader, push };
}

function pushCut(push: (bytes: Buffer) => void, bytes: Buffer, cuts: readonly number[]): void {
  const at = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  for (let i = 1; i < at.length; i += 1) push(bytes.subarray(at[i - 1], at[i]));
}

const latin = (text: string) => Buffer.from(text, "latin1");
const everyByte = (bytes: Buffer) => Array.from(bytes, (_, at) => at);

const token = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^[!-~\xa1-\xff]([\t -~\xa0-\xff]{0,20}[!-~\xa1-\xff])?$/);
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

function chunked(bytes: Buffer, sizes: readonly number[], trailer: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1));
    parts.push(latin(`${piece.length.toString(16)};x=1\r\n`), piece, latin("\r\n"));
    at += piece.length;
  }
  return Buffer.concat([...parts, latin(`0\r\n${trailer}\r\n`)]);
}

const sample = fc
  .record({
    method: fc.constantFrom("GET", "POST", "DELETE", "PATCH"),
    target: fc.constantFrom("/", "/a/b", "/a?b=c"),
    extra: fc.dictionary(token, value, { maxKeys: 4 }),
    body,
    framing: fc.constantFrom("none", "length", "chunked"),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
    trailer: fc.constantFrom("", "x-sum: 1\r\n", "content-length: 7\r\nhost: evil\r\n"),
    blank: fc.constantFrom("", "", "\r\n", "\r\n\r\n"),
  })
  .map((made) => {
    const framing = { none: {}, length: { "content-length": String(made.body.length) }, chunked: { "transfer-encoding": "chunked" } }[
      made.framing
    ];
    const fields: Record<string, string> = { host: "here", ...made.extra, ...framing };
    const lines = Object.entries(fields).map(([name, text]) => `${name}: ${text}\r\n`);
    const head = `${made.blank}${made.method} ${made.target} HTTP/1.1\r\n${lines.join("")}\r\n`;
    const sent = { none: Buffer.alloc(0), length: made.body, chunked: chunked(made.body, made.sizes, made.trailer) }[made.framing];
    const said: Said = {
      method: made.method,
      target: made.target,
      length: fields["content-length"],
      fields,
      body: made.framing === "none" ? "" : made.body.toString("latin1"),
      whole: true,
    };
    return { bytes: Buffer.concat([latin(head), sent]), said };
  });

const cuts = fc.array(fc.nat({ max: 1500 }), { maxLength: 30 });

describe("requests that keep the rules", () => {
  test("however they are cut, one after another, they are read the same", () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), cuts, (turns, at) => {
        const { said, broken, push } = recordingReader();
        pushCut(push, Buffer.concat(turns.map(({ bytes }) => bytes)), at);
        expect({ said, broken }).toEqual({ said: turns.map((turn) => turn.said), broken: [] });
      }),
      { numRuns: 300 },
    );
  });

  test("the same head again, with another length, is told with that length", () => {
    const { said, push } = recordingReader();
    for (const text of ["", "a", "hello, world"]) {
      push(latin(`POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: ${text.length}\r\nX: y\r\n\r\n${text}`));
    }
    expect(said.map(({ length, body: text, fields }) => [length, text, fields["content-length"]])).toEqual([
      ["0", "", "0"],
      ["1", "a", "1"],
      ["12", "hello, world", "12"],
    ]);
  });

  test("byte by byte is a cut like any other", () => {
    fc.assert(
      fc.property(sample, ({ bytes, said: wanted }) => {
        const { said, push } = recordingReader();
        pushCut(push, bytes, everyByte(bytes));
        expect(said).toEqual([wanted]);
      }),
      { numRuns: 60 },
    );
  });

  test("what follows a request waits until it is asked for", () => {
    const { said, reader, push } = recordingReader(false);
    push(latin("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HT"));
    push(latin("TP/1.1\r\nHost: x\r\n\r\n"));
    expect(said.map(({ target }) => target)).toEqual(["/1"]);
    expect(reader.heldBytes).toBeGreaterThan(50);
    reader.next();
    expect(said.map(({ target }) => target)).toEqual(["/1", "/2"]);
    reader.next();
    reader.next();
    expect([said.map(({ target }) => target), reader.heldBytes, reader.state]).toEqual([["/1", "/2", "/3"], 0, "head"]);
  });
});

const head = (lines: string) => `POST / HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n`;
const chunks = (text: string) => head("Transfer-Encoding: chunked") + text;
const BROKEN: readonly (readonly [string, string, number])[] = [
  ["a TLS hello", "\x16\x03\x01\x00\xa5\x01", 400],
  ["a method without end", "A".repeat(40), 400],
  ["three empty lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\n", 400],
  ["a bare carriage return first", "\rGET / HTTP/1.1\r\n\r\n", 400],
  ["a head that is too long", `GET / HTTP/1.1\r\nHost: x\r\na: ${"b".repeat(17_000)}`, 431],
  ["a head that is whole and too long", head(`a: ${"b".repeat(17_000)}`), 431],
  ["a bad head", head("Content-Length: 5\r\nContent-Length: 5"), 400],
  ["a chunk without a size", chunks("\r\nhello"), 400],
  ["a negative chunk size", chunks("-1\r\n"), 400],
  ["a chunk size with 0x", chunks("0x5\r\nhello\r\n"), 400],
  ["a chunk size after a space", chunks(" 5\r\nhello\r\n"), 400],
  ["a chunk size beyond numbers", chunks("fffffffffffffff\r\n"), 400],
  ["a chunk line with a bare line feed", chunks("5\nhello\n0\n\n\r\n"), 400],
  ["a chunk that is longer than its size", chunks("5\r\nhello!"), 400],
  ["a chunk that ends with a bare line feed", chunks("5\r\nhello\n0\r\n\r\n"), 400],
  ["a chunk extension without end", chunks(`5;${"a".repeat(4200)}`), 400],
  ["trailers without end", chunks(`0\r\n${"a: bcdefgh\r\n".repeat(6000)}`), 400],
];

describe("requests that break the rules", () => {
  test.each(BROKEN)("%s is refused, whole and byte by byte, and nothing is read after it", (_, text, status) => {
    const bytes = latin(text);
    for (const at of [[], everyByte(bytes)]) {
      const { said, broken, push, reader } = recordingReader();
      pushCut(push, bytes, at);
      expect([broken, said.filter(({ whole }) => whole)]).toEqual([[status], []]);
      push(latin("GET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
      expect([broken, said.some(({ target }) => target === "/next"), reader.heldBytes]).toEqual([[status], false, 0]);
    }
  });

  test("a head may be as long as the limit, cut anywhere", () => {
    const start = "GET / HTTP/1.1\r\nHost: x\r\na: ";
    const bytes = latin(`${start}${"b".repeat(16_384 - start.length)}\r\n\r\n`);
    for (const back of [0, 1, 2, 3, 4, 5]) {
      const { said, broken, push } = recordingReader();
      pushCut(push, bytes, [bytes.length - back]);
      expect([said.length, broken]).toEqual([1, []]);
    }
  });
});

const damaged = fc
  .tuple(
    fc.array(sample, { minLength: 1, maxLength: 3 }),
    fc.array(fc.record({ at: fc.nat({ max: 800 }), byte: fc.nat({ max: 255 }), act: fc.nat({ max: 2 }) }), { maxLength: 4 }),
  )
  .map(([turns, damages]) => {
    let out = Buffer.concat(turns.map(({ bytes }) => bytes));
    for (const { at, byte, act } of damages) {
      const here = at % (out.length + 1);
      out = Buffer.concat([out.subarray(0, here), Buffer.from(act === 2 ? [] : [byte]), out.subarray(act === 0 ? here : here + 1)]);
    }
    return out;
  });

describe("anything at all", () => {
  test("has one reading, whole, byte by byte and cut anyhow, and is never thrown at", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          damaged,
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        ),
        cuts,
        (bytes, at) => {
          const readings = [[], everyByte(bytes), at].map((cut) => {
            const { said, broken, push } = recordingReader();
            pushCut(push, bytes, cut);
            // How much of a body that is not whole has been told is no promise.
            return { said: said.map((one) => (one.whole ? one : { ...one, body: "" })), broken };
          });
          expect(readings[1]).toEqual(readings[0] as never);
          expect(readings[2]).toEqual(readings[0] as never);
        },
      ),
      { numRuns: 500 },
    );
  });
});
