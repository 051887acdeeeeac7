import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Envelope, type InvalidEnvelope, parseBody } from "./envelope.ts";
import { oddJson, oddObject, oddSpelling, oddString } from "./odd-json.fixture.ts";

const idText = fc.oneof(oddString, fc.bigInt().map(String), fc.constantFrom("-0", "1.0", "1e3"));
/** The text of a key that is none of these. */
const otherKey = (...known: readonly string[]) => oddString.filter((key) => !known.includes(JSON.parse(key)));
/** Members of a message that nobody knows, and params that decide nothing. */
const foreign = fc.tuple(otherKey("jsonrpc", "id", "method", "params", "result", "error"), oddJson);
const params = oddObject(fc.array(fc.tuple(otherKey("name", "uri", "_meta", "ref", "requestId"), oddJson), { maxLength: 4 }));

type Entries = readonly (readonly [string, string])[];

/** A message with these members in any order, among others that nobody knows, its keys spelled in any way. */
function messageOf(
  members: Readonly<Record<string, fc.Arbitrary<string>>>,
): fc.Arbitrary<{ text: string; values: Record<string, string> }> {
  return fc.record(members).chain((values) => {
    const own = Object.entries(values).map(([key, value]) => oddSpelling(key).map((spelled) => [spelled, value] as const));
    const entries: fc.Arbitrary<Entries> = fc
      .tuple(fc.tuple(...own), fc.array(foreign, { maxLength: 3 }))
      .chain(([mine, others]) => fc.shuffledSubarray([...mine, ...others], { minLength: mine.length + others.length }));
    return oddObject(entries).map((text) => ({ text, values }));
  });
}

const jsonrpc = oddSpelling("2.0");
const request = messageOf({ jsonrpc, id: idText, method: oddString, params });

/** What JSON.parse makes of a message: another reader of it sees the same. */
function seenByOthers(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Holds what was read against what another reader of the same text sees. */
function expectAsOthersSee(envelope: Envelope | InvalidEnvelope, text: string): void {
  if (envelope.kind === "invalid") return;
  const value = seenByOthers(text);
  expect(value?.jsonrpc).toBe("2.0");
  if (envelope.kind !== "notification") expect(JSON.parse(envelope.idText)).toBe(value?.id as never);
  if (envelope.kind === "response") expect(value?.method).toBeUndefined();
  else expect(envelope.method).toBe(value?.method as string);
  if (envelope.kind === "request" && envelope.paramsText !== undefined)
    expect(JSON.parse(envelope.paramsText)).toEqual(value?.params as never);
}

describe("a message in any spelling", () => {
  test("a request gives its id and its params as they are written, and its method as it is meant", () => {
    fc.assert(
      fc.property(request, ({ text, values }) => {
        const envelope = parseBody(text);
        expect(envelope).toMatchObject({
          kind: "request",
          idText: values.id,
          method: JSON.parse(values.method ?? ""),
          paramsText: values.params,
        });
      }),
    );
  });

  test("a notification has no id, a response has no method", () => {
    fc.assert(
      fc.property(
        messageOf({ jsonrpc, method: oddString }),
        messageOf({ jsonrpc, id: idText, result: oddJson }),
        (notification, response) => {
          expect(parseBody(notification.text)).toMatchObject({ kind: "notification" });
          expect(parseBody(response.text)).toMatchObject({ kind: "response", idText: response.values.id });
        },
      ),
    );
  });

  test("a key that decides and stands twice is refused, however each is spelled", () => {
    const twice = fc.constantFrom("id", "method", "params").chain((key) => fc.tuple(oddSpelling(key), oddSpelling(key)));
    fc.assert(
      fc.property(twice, ([first, second]) => {
        const rest = '"jsonrpc":"2.0","id":1,"method":"ping"';
        expect(parseBody(`{${rest},${first}:{"a":1},${second}:{}}`)).toMatchObject({ kind: "invalid", code: -32600 });
      }),
    );
  });

  test("a batch reads each of its messages as it would be read alone", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            request.map(({ text }) => text),
            oddJson,
          ),
          { minLength: 1, maxLength: 5 },
        ),
        (texts) => {
          const batch = parseBody(` [${texts.join(" , ")}]`);
          // A list in a list is no message; alone it would be a batch of its own.
          const alone = texts.map((text) => parseBody(text)).map((read) => (read.kind === "batch" ? { kind: "invalid" } : read));
          const kindOrAll = (read: { readonly kind: string }) => (read.kind === "invalid" ? read.kind : read);
          expect(batch.kind === "batch" ? batch.items.map(kindOrAll) : batch).toEqual(alone.map(kindOrAll));
        },
      ),
    );
  });
});

describe("a text that is no message", () => {
  test("with a piece cut out, put in twice or replaced, nothing is read that another reader would not see", () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.nat(12),
      fc.oneof(fc.constant(""), fc.string({ maxLength: 6 }), fc.constantFrom('"', "{", "}", "\\", ",", ":", "\u0000")),
    );
    fc.assert(
      fc.property(request, fc.array(edit, { minLength: 1, maxLength: 3 }), ({ text }, edits) => {
        const broken = edits.reduce((before, [at, length, piece]) => {
          const start = at % (before.length + 1);
          return before.slice(0, start) + piece + before.slice(start + length);
        }, text);
        const read = parseBody(broken);
        if (read.kind !== "batch") expectAsOthersSee(read, broken);
      }),
      { numRuns: 500 },
    );
  });

  test("no depth of nesting makes the parser throw", () => {
    const depth = 100_000;
    const nested = [
      "[".repeat(depth),
      "[".repeat(depth) + "]".repeat(depth),
      `${'{"params":'.repeat(depth)}1${"}".repeat(depth)}`,
      `{"jsonrpc":"2.0","id":1,"method":"m","params":${'{"params":'.repeat(depth)}1${"}".repeat(depth)}}`,
      `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`,
    ];
    expect(nested.map((text) => parseBody(text).kind)).toEqual(["invalid", "batch", "invalid", "request", "request"]);
  });

  test("keys that reach for an object's prototype are keys like any other", () => {
    const read = parseBody(
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"__proto__":{"name":"x"},"constructor":1},"__proto__":{"method":"n"}}',
    );
    expect(read).toMatchObject({ kind: "request", method: "m", paramsText: '{"__proto__":{"name":"x"},"constructor":1}' });
    expect((read as { params: { name?: unknown } }).params.name).toBeUndefined();
    expect(({} as { name?: unknown }).name).toBeUndefined();
  });
});
