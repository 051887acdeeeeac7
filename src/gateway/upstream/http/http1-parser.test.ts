import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../../core/app-error.ts";
import { createHttp1Parser, type Http1Parser } from "./http1-parser.ts";

/** What a parser said, pieces of a body joined: how they were cut is no promise. */
interface Said {
  readonly status: number;
  readonly headers: Record<string, string>;
  body: string;
  end: "whole, again" | "whole, last" | undefined;
}

function recordingParser(): { readonly said: Said[]; readonly parser: Http1Parser } {
  const said: Said[] = [];
  const parser = createHttp1Parser({
    onHead: ({ status, headers }) => said.push({ status, headers: Object.fromEntries(headers), body: "", end: undefined }),
    onWhole({ status, headers }, bytes, from, to) {
      if (from >= to || to > bytes.length) throw new Error("a body that is not there");
      said.push({ status, headers: Object.fromEntries(headers), body: bytes.toString("latin1", from, to), end: undefined });
    },
    onData(bytes) {
      const last = said.at(-1);
      if (last === undefined || last.end !== undefined || bytes.length === 0) throw new Error("a body out of place");
      last.body += Buffer.from(bytes).toString("latin1");
    },
    onEnd(reusable) {
      const last = said.at(-1);
      if (last === undefined || last.end !== undefined) throw new Error("an end out of place");
      last.end = reusable ? "whole, again" : "whole, last";
    },
  });
  return { said, parser };
}

/** Cuts at all of `cuts`, and overwrites what was pushed: a parser that kept a view of it would show. */
function pushCut(parser: Http1Parser, bytes: Buffer, cuts: readonly number[]): void {
  const at = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  for (let i = 1; i < at.length; i += 1) {
    const piece = Buffer.from(bytes.subarray(at[i - 1], at[i]));
    try {
      parser.push(piece);
    } finally {
      piece.fill(0x21);
    }
  }
}

function verdictOf(run: () => void): string {
  try {
    run();
    return "fine";
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === "internal" && thrown.reason === "HTTP_BROKEN") return "broken";
    throw thrown;
  }
}

const latin = (text: string) => Buffer.from(text, "latin1");
const everyByte = (bytes: Buffer) => Array.from(bytes, (_, at) => at);

interface Sample {
  readonly bytes: Buffer;
  readonly said: Said;
}

const token = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^[!-~\xa1-\xff]([\t -~\xa0-\xff]{0,20}[!-~\xa1-\xff])?$/);
const blank = fc.constantFrom("", " ", "\t", "  \t");
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const extension = fc.constantFrom("", ";a", ';name="value"', " ;x=1");
const interim = fc.constantFrom("", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");

function chunked(bytes: Buffer, sizes: readonly number[], ext: string, trailer: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1));
    parts.push(latin(`${piece.length.toString(16).padStart(1 + (turn % 3), "0")}${ext}\r\n`), piece, latin("\r\n"));
    at += piece.length;
  }
  return Buffer.concat([...parts, latin(`0${ext}\r\n${trailer}\r\n`)]);
}

const sample: fc.Arbitrary<Sample> = fc
  .record({
    status: fc.constantFrom(200, 202, 204, 304, 400, 404, 500),
    extra: fc.dictionary(token, value, { maxKeys: 4 }),
    blank,
    body,
    framing: fc.constantFrom("length", "chunked"),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
    ext: extension,
    trailer: fc.constantFrom("", "x-sum: 1\r\n", "content-length: 7\r\nx: y\r\n"),
    interim,
  })
  .map((made) => {
    const bodiless = made.status === 204 || made.status === 304;
    const framing: [string, string] =
      made.framing === "length" ? ["Content-Length", String(made.body.length)] : ["Transfer-Encoding", "chunked"];
    const headers = { ...made.extra, [framing[0].toLowerCase()]: framing[1] };
    const lines = [...Object.entries(made.extra), framing].map(([name, text]) => `${name}:${made.blank}${text}${made.blank}\r\n`);
    const head = `${made.interim}HTTP/1.1 ${made.status} Some Words\r\n${lines.join("")}\r\n`;
    const sent = made.framing === "length" ? made.body : chunked(made.body, made.sizes, made.ext, made.trailer);
    return {
      bytes: Buffer.concat([latin(head), bodiless ? Buffer.alloc(0) : sent]),
      said: { status: made.status, headers, body: bodiless ? "" : made.body.toString("latin1"), end: "whole, again" },
    };
  });

const cuts = fc.array(fc.nat({ max: 1500 }), { maxLength: 30 });

describe("responses that keep the rules", () => {
  test("however they are cut, one after another, they are read the same", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(sample, cuts), { minLength: 1, maxLength: 4 }), (turns) => {
        const { said, parser } = recordingParser();
        for (const [turn, at] of turns) pushCut(parser, turn.bytes, at);
        parser.end();
        expect(said).toEqual(turns.map(([turn]) => turn.said));
      }),
      { numRuns: 300 },
    );
  });

  test("byte by byte is a cut like any other", () => {
    fc.assert(
      fc.property(sample, ({ bytes, said: wanted }) => {
        const { said, parser } = recordingParser();
        pushCut(parser, bytes, everyByte(bytes));
        expect(said).toEqual([wanted]);
      }),
      { numRuns: 60 },
    );
  });

  test("a body without a length ends with the connection, and nothing follows it", () => {
    const { said, parser } = recordingParser();
    pushCut(parser, latin("HTTP/1.1 200 OK\r\ncontent-type: a/b\r\n\r\nsome text"), [45, 50]);
    parser.end();
    expect(said).toEqual([{ status: 200, headers: { "content-type": "a/b" }, body: "some text", end: "whole, last" }]);
    expect(() => parser.push(latin("x"))).toThrow(AppError);
  });

  test("interim responses count for their own response only", () => {
    const { said, parser } = recordingParser();
    const response = `${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(16)}HTTP/1.1 204 No Content\r\n\r\n`;
    for (let turn = 0; turn < 3; turn += 1) parser.push(latin(response));
    expect(said.map(({ end }) => end)).toEqual(["whole, again", "whole, again", "whole, again"]);
  });

  test("repeated headers are joined in their order", () => {
    const { said, parser } = recordingParser();
    parser.push(latin("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\na: 3\r\nContent-Length: 0\r\n\r\n"));
    expect(said[0]?.headers).toEqual({ a: "1, 3", b: "2", "content-length": "0" });
  });

  const lasting: readonly (readonly [string, "whole, again" | "whole, last"])[] = [
    ["HTTP/1.1 200 OK\r\n", "whole, again"],
    ["HTTP/1.1 200 OK\r\nConnection: close\r\n", "whole, last"],
    ["HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\n", "whole, last"],
    ["HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n", "whole, last"],
    ["HTTP/1.1 200 OK\r\nConnection: x-closed\r\n", "whole, again"],
    ["HTTP/1.0 200 OK\r\n", "whole, last"],
    ["HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", "whole, again"],
    ["HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n", "whole, last"],
  ];
  test.each(lasting)("whether the connection goes on is what the server says: %j", (head, end) => {
    const { said, parser } = recordingParser();
    parser.push(latin(`${head}Content-Length: 2\r\n\r\nhi`));
    expect(said[0]?.end).toBe(end);
  });
});

describe("bytes that belong to no request", () => {
  const whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

  test.each(["H", "\r\n", whole, `${whole}${whole}`, "HTTP/1.1 200 OK\r\n", "\0"])(
    "what follows a response at once is never taken for the next: %j",
    (surplus) => {
      const { said, parser } = recordingParser();
      parser.push(latin(whole + surplus));
      expect(said).toEqual([{ status: 200, headers: { "content-length": "2" }, body: "hi", end: "whole, last" }]);
      expect(verdictOf(() => parser.push(latin(whole)))).toBe("broken");
      expect(said).toHaveLength(1);
    },
  );

  test.each(["204 No Content", "304 Not Modified"])("the body that %s must not have is no body", (status) => {
    const { said, parser } = recordingParser();
    parser.push(latin(`HTTP/1.1 ${status}\r\ncontent-length: 2\r\n\r\nhi`));
    expect(said).toMatchObject([{ body: "", end: "whole, last" }]);
  });
});

const line = (text: string) => `HTTP/1.1 200 OK\r\n${text}\r\n\r\n`;
const chunks = (text: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`;
const BROKEN: readonly (readonly [string, string])[] = [
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["an alert of TLS", "\x15\x03\x01\x00\x02\x02\x16"],
  ["HTTP/2", "\0\0\x12\x04\0\0\0\0\0"],
  ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
  ["no version", "HTTP/1. 200 OK\r\n\r\n"],
  ["an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["a status above 599", "HTTP/1.1 999 OK\r\n\r\n"],
  ["a control character in the reason", "HTTP/1.1 200 O\x07K\r\n\r\n"],
  ["bare line feeds", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"],
  ["one bare line feed", line("a: b\ncontent-length: 0")],
  ["a bare carriage return", line("a: b\rcontent-length: 0")],
  ["a NUL", line("a: b\0c")],
  ["a folded line", line("a: b\r\n c")],
  ["a line folded with a tab", line("a: b\r\n\tc")],
  ["a first line folded", line(" a: b")],
  ["a space before the colon", line("Content-Length : 0")],
  ["a tab before the colon", line("Content-Length\t: 0")],
  ["a name with a space", line("content length: 0")],
  ["a name with a no-break space", line("content-length\xa0: 0")],
  ["no name", line(": b")],
  ["no colon", line("content-length 0")],
  ["two lengths", line("content-length: 1\r\ncontent-length: 2")],
  ["two lengths in a line", line("content-length: 1, 2")],
  ["one length twice", line("content-length: 1\r\ncontent-length: 1")],
  ["a negative length", line("content-length: -1")],
  ["a signed length", line("content-length: +1")],
  ["a length with a fraction", line("content-length: 1.0")],
  ["a hexadecimal length", line("content-length: 0x10")],
  ["an empty length", line("content-length:")],
  ["a length beyond numbers", line("content-length: 9999999999999999")],
  ["a length and chunks", line("content-length: 5\r\ntransfer-encoding: chunked")],
  ["chunks and a length", line("transfer-encoding: chunked\r\ncontent-length: 5")],
  ["a coding that is not known", line("transfer-encoding: gzip")],
  ["two codings", line("transfer-encoding: gzip, chunked")],
  ["chunked twice", line("transfer-encoding: chunked\r\ntransfer-encoding: chunked")],
  ["chunked with a no-break space", line("transfer-encoding: chunked\xa0")],
  ["identity", line("transfer-encoding: identity")],
  ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"],
  ["a change of the protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"],
  ["interim responses without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(17)],
  ["a head without end", `HTTP/1.1 200 OK\r\na: ${"b".repeat(65_536)}`],
  ["a head that is too long", line(`a: ${"b".repeat(65_536)}`)],
  ["a chunk without a size", chunks("\r\nhello")],
  ["a chunk size that is no number", chunks("xyz\r\n")],
  ["a negative chunk size", chunks("-1\r\n")],
  ["a chunk size with 0x", chunks("0x5\r\nhello\r\n")],
  ["a chunk size after a space", chunks(" 5\r\nhello\r\n")],
  ["a chunk size beyond numbers", chunks("fffffffffffffff\r\n")],
  ["a chunk line with a bare line feed", chunks("5\nhello\n0\n\n\r\n")],
  ["a chunk extension with a bare carriage return", chunks("5;a\rb\r\nhello\r\n")],
  ["a chunk extension without end", chunks(`5;${"a".repeat(4096)}`)],
  ["a chunk that is longer than its size", chunks("5\r\nhello!")],
  ["a chunk that ends with a bare line feed", chunks("5\r\nhello\n0\r\n\r\n")],
  ["a chunk that ends with a bare carriage return", chunks("5\r\nhello\r0\r\n\r\n")],
  ["a trailer without end", chunks(`0\r\na: ${"b".repeat(4096)}`)],
  ["trailers without end", chunks(`0\r\n${"a: bcdefgh\r\n".repeat(6000)}`)],
  ["a trailer with a NUL", chunks("0\r\na: \0\r\n\r\n")],
];

describe("responses that break the rules", () => {
  test.each(BROKEN)("%s is refused, whole and byte by byte", (_, text) => {
    const bytes = latin(text);
    for (const at of [[], everyByte(bytes)]) {
      const { said, parser } = recordingParser();
      expect(verdictOf(() => pushCut(parser, bytes, at))).toBe("broken");
      expect(said.filter(({ end }) => end !== undefined)).toEqual([]);
      expect(verdictOf(() => parser.push(latin(line("content-length: 0"))))).toBe("broken");
    }
  });

  test.each([
    "H",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1",
    line("content-length: 5"),
    `${line("content-length: 5")}hell`,
    chunks("5\r\nhe"),
    chunks("5\r\nhello\r"),
    chunks("5\r\nhello\r\n0\r\n"),
    chunks("0\r\na: b\r\n"),
  ])("an end in the middle is refused: %j", (text) => {
    const { said, parser } = recordingParser();
    parser.push(latin(text));
    expect(verdictOf(() => parser.end())).toBe("broken");
    expect(said.every(({ end }) => end === undefined)).toBe(true);
  });

  test("a head may be as long as the limit, cut anywhere", () => {
    const start = "HTTP/1.1 204 None\r\na: ";
    const bytes = latin(`${start}${"b".repeat(65_536 - start.length)}\r\n\r\n`);
    for (const back of [0, 1, 2, 3, 4, 5]) {
      const { said, parser } = recordingParser();
      pushCut(parser, bytes, [bytes.length - back]);
      expect(said).toMatchObject([{ status: 204, end: "whole, again" }]);
    }
  });
});

/** Small damage to a good response: what a server that lies would send. */
const damaged = fc
  .tuple(sample, fc.array(fc.record({ at: fc.nat({ max: 800 }), byte: fc.nat({ max: 255 }), act: fc.nat({ max: 2 }) }), { maxLength: 4 }))
  .map(([{ bytes }, damages]) => {
    let out = bytes;
    for (const { at, byte, act } of damages) {
      const here = at % (out.length + 1);
      out = Buffer.concat([out.subarray(0, here), Buffer.from(act === 2 ? [] : [byte]), out.subarray(act === 0 ? here : here + 1)]);
    }
    return out;
  });
const anything = fc.oneof(
  damaged,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

describe("anything at all", () => {
  test("ends in a response, in HTTP_BROKEN, or waits for more; never in another throw", () => {
    fc.assert(
      fc.property(anything, cuts, (bytes, at) => {
        const { parser } = recordingParser();
        const pushed = verdictOf(() => pushCut(parser, bytes, at));
        const ended = verdictOf(() => parser.end());
        expect(["fine", "broken"]).toContain(pushed);
        if (pushed === "broken") expect(ended).toBe("fine");
      }),
      { numRuns: 500 },
    );
  });

  test("has one reading up to the end of the first response, whole and byte by byte", () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const [whole, cut] = [recordingParser(), recordingParser()];
        const verdicts = [verdictOf(() => pushCut(whole.parser, bytes, [])), verdictOf(() => pushCut(cut.parser, bytes, everyByte(bytes)))];
        const [first, again] = [whole.said[0], cut.said[0]];
        expect({ ...again, end: again?.end !== undefined }).toEqual({ ...first, end: first?.end !== undefined });
        if (first?.end === undefined) expect(verdicts[0]).toBe(verdicts[1] ?? "");
      }),
      { numRuns: 500 },
    );
  });
});
