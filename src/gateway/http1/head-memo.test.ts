import { expect, test } from "bun:test";
import fc from "fast-check";
import { HeadMemo } from "./head-memo.ts";

const HEAD = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 17\r\nC: d";

function memoOf(text: string): HeadMemo<string> {
  const memo = new HeadMemo<string>();
  memo.learn(text, "known");
  return memo;
}

const match = (memo: HeadMemo<string>, text: string) => memo.match(Buffer.from(text, "latin1"));

test("the same head is known again, with whatever length it says and whatever follows", () => {
  const memo = memoOf(HEAD);
  for (const length of ["17", "1", "0", "000123", "123456789012345"]) {
    const text = `${HEAD.replace("17", length)}\r\n\r\n`;
    for (const body of ["", "body", "9", "\r\n\r\n"]) {
      expect(match(memo, text + body)).toEqual({ head: "known", bytes: text.length, contentLength: length });
    }
  }
});

test("a head without a length is known only as it was", () => {
  const memo = memoOf("POST / HTTP/1.1\r\nHost: x");
  expect(match(memo, "POST / HTTP/1.1\r\nHost: x\r\n\r\nrest")).toEqual({ head: "known", bytes: 28, contentLength: undefined });
  expect(match(memo, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nr")).toBeUndefined();
});

test.each([
  ["one more header", `${HEAD}\r\nE: f\r\n\r\n`],
  ["one less", "HTTP/1.1 200 OK\r\nContent-Length: 17\r\nC: d\r\n\r\n"],
  ["another length of 16 digits", `${HEAD.replace("17", "1234567890123456")}\r\n\r\n`],
  ["no digits", `${HEAD.replace("17", "")}\r\n\r\n`],
  ["a sign", `${HEAD.replace("17", "+17")}\r\n\r\n`],
  ["a list of lengths", `${HEAD.replace("17", "17, 17")}\r\n\r\n`],
  ["a second length", `${HEAD}\r\nContent-Length: 17\r\n\r\n`],
  ["another value in front", `${HEAD.replace("b", "c")}\r\n\r\n`],
  ["another value behind", `${HEAD.replace("d", "e")}\r\n\r\n`],
  ["other case", `${HEAD.toLowerCase()}\r\n\r\n`],
  ["half of it", HEAD.slice(0, 30)],
  ["all but its last byte", `${HEAD}\r\n\r`],
  ["nothing", ""],
])("a head that differs is not known: %s", (_, text) => {
  expect(match(memoOf(HEAD), text)).toBeUndefined();
});

test("nothing is known before a head was learnt, and the last one is the one that counts", () => {
  const memo = new HeadMemo<string>();
  expect(match(memo, `${HEAD}\r\n\r\n`)).toBeUndefined();
  memo.learn(HEAD, "first");
  memo.learn("HTTP/1.1 204 None", "second");
  expect(match(memo, `${HEAD}\r\n\r\n`)).toBeUndefined();
  expect(match(memo, "HTTP/1.1 204 None\r\n\r\n")?.head).toBe("second");
});

test("what is known differs from what was learnt in the digits of its length at most", () => {
  const damage = fc.record({ at: fc.nat({ max: 60 }), byte: fc.nat({ max: 255 }), act: fc.nat({ max: 2 }) });
  fc.assert(
    fc.property(fc.array(damage, { maxLength: 3 }), (damages) => {
      let bytes = Buffer.from(`${HEAD}\r\n\r\n`, "latin1");
      for (const { at, byte, act } of damages) {
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(act === 2 ? [] : [byte]), bytes.subarray(act === 0 ? at : at + 1)]);
      }
      const known = memoOf(HEAD).match(bytes);
      const same = /^HTTP\/1\.1 200 OK\r\nA: b\r\nContent-Length: (\d{1,15})\r\nC: d\r\n\r\n/.exec(bytes.toString("latin1"));
      expect(known === undefined ? null : [known.bytes, known.contentLength]).toEqual(
        same === null ? null : [same[0].length, same[1] ?? ""],
      );
    }),
    { numRuns: 2000 },
  );
});
