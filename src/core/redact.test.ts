import { expect, test } from "bun:test";
import fc from "fast-check";
import { REDACTED, redact, redactText } from "./redact.ts";

const base62 = fc.stringMatching(/^[0-9A-Za-z]{43}$/);
const segment = fc.stringMatching(/^[\w-]{20,60}$/);
/** Each with the part that must not survive. */
const credential = fc.oneof(
  fc.tuple(fc.constantFrom("pat", "ses", "gw", "op"), base62).map(([kind, body]) => ({ text: `mcpctl_${kind}_${body}`, secret: body })),
  fc.tuple(segment, segment, segment).map(([a, b, c]) => ({ text: `eyJ${a}.${b}.${c}`, secret: b })),
  fc.tuple(fc.constantFrom("Bearer", "bearer", "BEARER"), base62).map(([word, body]) => ({ text: `${word} ${body}`, secret: body })),
  base62.map((body) => ({ text: `https://ada:${body}@db.example/`, secret: body })),
  base62.map((body) => ({ text: `?access_token=${body}&x=1`, secret: body })),
  base62.map((body) => ({ text: `{"client-secret": "${body}"}`, secret: body })),
);
/** Text that neither begins nor ends in what could be part of a credential. */
const around = fc.string({ unit: "binary", maxLength: 1200 }).map((text) => text.replaceAll(/[\w"'\\-]/g, " "));

const secretKey = fc
  .tuple(
    fc.constantFrom("", "x_", "db-", "user", "Proxy-", "OLD_"),
    fc.constantFrom(
      "password",
      "Password",
      "passwd",
      "token",
      "TOKEN",
      "secret",
      "authorization",
      "cookie",
      "Cookie",
      "apiKey",
      "api_key",
      "API-KEY",
      "credential",
      "privateKey",
      "private-key",
      "accessKey",
      "passphrase",
    ),
    fc.constantFrom("", "s", "_value", "Hash", "-1"),
  )
  .map((parts) => parts.join(""));
const anyValue = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true });

/** Buries `value` in objects and arrays. */
function bury(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduceRight<unknown>((inner, step) => (typeof step === "string" ? { [step]: inner, other: 1 } : [1, inner]), value);
}
const path = fc.array(fc.oneof(fc.constantFrom("a", "list", "__proto__", "toString"), fc.constant(0)), { maxLength: 12 });

test("no credential survives in text, wherever it stands", () => {
  fc.assert(
    fc.property(around, credential, around, (before, { text, secret }, after) => {
      const clean = redactText(`${before}${text}${after}`);
      expect(clean).not.toContain(secret);
      // Nor a part that would be worth something, where the text was cut.
      expect(clean).not.toContain(secret.slice(0, 12));
    }),
  );
});

test("no value of a secret key survives, at any depth and in any spelling", () => {
  fc.assert(
    fc.property(path, secretKey, base62, (steps, key, secret) => {
      for (const value of [secret, [secret], { inner: secret }]) {
        expect(JSON.stringify(redact(bury({ [key]: value, kept: 1 }, steps)))).not.toContain(secret);
      }
    }),
  );
});

test("no credential survives in a value or a key, at any depth", () => {
  fc.assert(
    fc.property(path, credential, (steps, { text, secret }) => {
      expect(JSON.stringify(redact(bury({ [text]: [text] }, steps)))).not.toContain(secret);
    }),
  );
});

test("whatever comes in, plain JSON comes out", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const clean = redact(value);
      expect(JSON.parse(JSON.stringify(clean))).toEqual(clean as never);
    }),
  );
});

test("what is no secret stays as it is", () => {
  const detail = {
    reason: "PERMISSION_DENIED",
    message: "Bearer token required",
    tokenName: "ci",
    tokenSha: "ab".repeat(32),
    secretName: "github",
    count: 3,
    password: null,
    list: [true, 1.5, "a key and a value", { url: "https://example.com:8080/a@b" }],
  };
  expect(redact(detail)).toEqual(detail);
});

test("a secret's place is told", () => {
  expect(redact({ password: "hunter2", headers: { Authorization: "Bearer abc" }, url: "postgres://u:pw@db/x" })).toEqual({
    password: REDACTED,
    headers: { Authorization: REDACTED },
    url: "postgres://[redacted]@db/x",
  });
  expect(redactText("sent Bearer abc.def, refused")).toBe("sent Bearer [redacted], refused");
});

test("depth, entries and text are bounded, and a mark says what was cut", () => {
  let deep: unknown = "bottom";
  for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
  const wide = Array.from({ length: 10_000 }, (_, index) => index);
  const clean = JSON.stringify(redact({ deep, wide, long: "x".repeat(1_000_000), objects: wide.map((n) => ({ n, more: wide })) }));
  expect(clean.length).toBeLessThan(20_000);
  expect(clean.match(/…\[cut\]/g)?.length).toBeGreaterThan(3);
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(JSON.stringify(redact(loop))).toContain("…[cut]");
});

/** Of a size at which more work than its length would take minutes, which the runner's limit ends. */
test("text that is made to be slow is not", () => {
  const hostile = ["eyJ", "eyJa.", "bearer ", "://a:", "token", '"token" : "\\', "-----BEGIN PRIVATE KEY-----", "mcpctl_pat_", "a-"];
  for (const piece of hostile) {
    redactText(piece.repeat(400_000), 400_000);
  }
});
