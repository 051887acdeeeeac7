import { expect, test } from "bun:test";
import fc from "fast-check";
import { REDACTED } from "../../core/redact.ts";
import { hideSecrets } from "./hide-secrets.ts";

const MAX = 200;
const hide = (values: readonly string[], line: string) => hideSecrets(values, MAX)(line);

test("a value is taken out wherever it stands, as it is and as it may be written", () => {
  const value = 'p/w"é +1';
  for (const written of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), Buffer.from(value).toString("base64")]) {
    expect(hide([value], `a ${written} b ${written}`)).toBe(`a ${REDACTED} b ${REDACTED}`);
  }
});

test("a value that stands in a longer one leaves nothing of the longer one", () => {
  expect(hide(["swordfish", "swordfish-2000"], "it is swordfish-2000, not swordfish")).toBe(`it is ${REDACTED}, not ${REDACTED}`);
});

test("each line of a secret of several lines is taken out, and its short lines are not", () => {
  const pem = "-----BEGIN X-----\nMIIEvQIBADANBgkq\nab\n-----END X-----\n";
  expect(hide([pem], "read MIIEvQIBADANBgkq from ab")).toBe(`read ${REDACTED} from ab`);
});

test("what is no value of ours and looks like a credential is taken out too", () => {
  expect(hide([], "Authorization: Bearer abcdef0123456789")).toBe(`Authorization: Bearer ${REDACTED}`);
});

test("a value of three characters would garble half of all lines: it stays", () => {
  expect(hide(["abc", ""], "abcdef")).toBe("abcdef");
});

test("a replacement pattern in a line is no pattern, and a long line is cut", () => {
  expect(hide(["swordfish"], "$& swordfish $1")).toBe(`$& ${REDACTED} $1`);
  expect(hide([], "x".repeat(1000))).toHaveLength(MAX);
});

test("no line holds a value afterwards, whatever stands around it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4, maxLength: 30 }), fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!REDACTED.includes(value) && !"…[cut]".includes(value));
      expect(hideSecrets([value], 10_000)(`${before}${value}${after}`)).not.toContain(value);
    }),
  );
});
