import { expect, test } from "bun:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ServiceSpecSchema } from "../../gen/mcp/v1/service_spec_pb.ts";
import { AppError } from "../../src/core/app-error.ts";
import { commentedText } from "../../src/service-definition/commented-text.fixture.ts";
import { soundDefinition } from "../../src/service-definition/definition.fixture.ts";
import { formatServiceDefinition } from "../../src/service-definition/format-service-definition.ts";
import { fromSpec } from "../../src/service-definition/from-spec.ts";
import { parseServiceDefinition } from "../../src/service-definition/parse-service-definition.ts";
import { readWrittenService } from "../../src/service-definition/read-written-service.ts";
import type { ServiceDefinition } from "../../src/service-definition/service-definition.ts";
import { setActive } from "../../src/service-definition/set-active.ts";
import { toSpec } from "../../src/service-definition/to-spec.ts";
import { toWritten } from "../../src/service-definition/to-written.ts";

/** What any input gives: a definition that stands its own round trip, or one kind of refusal. Nothing else is thrown. */
function soundOrRefused(read: () => ServiceDefinition): void {
  let definition: ServiceDefinition;
  try {
    definition = read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.code, error.reason]).toEqual(["invalid", "SERVICE_DEFINITION_INVALID"]);
    expect(error.message).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    return;
  }
  expect(parseServiceDefinition(formatServiceDefinition(definition), "x")).toEqual(definition);
  expect(fromSpec(toSpec(definition))).toEqual(definition);
}

/** A text with a piece of it replaced, doubled or taken out. */
const damaged = (text: string) =>
  fc
    .record({
      at: fc.nat(text.length),
      length: fc.nat(12),
      piece: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("[", "]", '"', "'''", "#", "=", "\n", "{", "\u001b")),
    })
    .map(({ at, length, piece }) => (text.slice(0, at) + piece + text.slice(at + length)).toWellFormed());

test("a damaged file is a definition or refused, and never changed into something else", () => {
  const texts = soundDefinition.chain(commentedText).chain(damaged);
  fc.assert(
    fc.property(texts, (text) => {
      soundOrRefused(() => parseServiceDefinition(text, "x"));
      let edited: string | undefined;
      try {
        edited = setActive(text, false, "x");
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
      if (edited !== undefined)
        expect(parseServiceDefinition(edited, "x")).toEqual({ ...parseServiceDefinition(text, "x"), active: false });
    }),
    { numRuns: 400 },
  );
});

test("any text at all is a definition or refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => soundOrRefused(() => parseServiceDefinition(text, "x"))),
    { numRuns: 400 },
  );
});

test("any values in the place of what is written are a definition or refused", () => {
  const values = soundDefinition.chain((definition) => {
    const written = toWritten(definition) as unknown as Record<string, unknown>;
    const [first = {}] = written.components as Record<string, unknown>[];
    const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 3 });
    const key = (table: object) =>
      fc.oneof(fc.constantFrom(...Object.keys(table)), fc.string(), fc.constantFrom("__proto__", "constructor", "toString"));
    return fc.oneof(
      fc.tuple(key(written), anything).map(([name, value]) => ({ ...written, [name]: value })),
      fc.tuple(key(first), anything).map(([name, value]) => ({ ...written, components: [{ ...first, [name]: value }] })),
    );
  });
  fc.assert(
    fc.property(values, (written) => soundOrRefused(() => readWrittenService(written, { name: "x" }))),
    { numRuns: 400 },
  );
});

test("any bytes that are a message are a definition or refused", () => {
  const messages = soundDefinition.chain((definition) => {
    const bytes = toBinary(ServiceSpecSchema, toSpec(definition));
    return fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    });
  });
  let read = 0;
  fc.assert(
    fc.property(messages, (bytes) => {
      let spec: ReturnType<typeof toSpec>;
      try {
        spec = fromBinary(ServiceSpecSchema, bytes);
      } catch {
        return;
      }
      read++;
      soundOrRefused(() => fromSpec(spec));
    }),
    { numRuns: 400 },
  );
  expect(read).toBeGreaterThan(40);
});
