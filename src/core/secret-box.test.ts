import { expect, test } from "bun:test";
import fc from "fast-check";
import { secretBox } from "./secret-box.ts";

const OLD = { number: 1, key: new Uint8Array(32).fill(1) };
const NEW = { number: 2, key: new Uint8Array(32).fill(2) };
const UNREADABLE = expect.objectContaining({ code: "internal", reason: "SECRET_UNREADABLE" });

test("whatever is sealed comes back for its owner, and nothing of it can be read before", () => {
  const box = secretBox({ current: OLD, previous: [] });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (value, owner) => {
      const sealed = box.seal(value, owner);
      expect(sealed).toMatch(/^v1\.1\.[\w-]+$/);
      const bytes = Buffer.from(sealed.split(".")[2] ?? "", "base64url");
      return box.open(sealed, owner) === value && (value.length < 8 || !bytes.includes(value));
    }),
  );
});

test("the same value is never sealed alike", () => {
  const box = secretBox({ current: OLD, previous: [] });
  const sealed = new Set(Array.from({ length: 100 }, () => box.seal("value", "sec_1")));
  expect(sealed.size).toBe(100);
});

test("what belongs to another owner does not open", () => {
  const box = secretBox({ current: OLD, previous: [] });
  const sealed = box.seal("value", "sec_1");
  for (const owner of ["sec_2", "", "sec_1 "]) expect(() => box.open(sealed, owner)).toThrow(UNREADABLE);
});

test("after a rotation what the old key has sealed still opens, and the new one seals", () => {
  const before = secretBox({ current: OLD, previous: [] });
  const after = secretBox({ current: NEW, previous: [OLD] });
  expect(after.open(before.seal("value", "sec_1"), "sec_1")).toBe("value");
  const fresh = after.seal("value", "sec_1");
  expect(fresh).toStartWith("v1.2.");
  expect(() => before.open(fresh, "sec_1")).toThrow("it was encrypted with key 2, which is not here");
});

test("another key of the same number gives no garbage", () => {
  const sealed = secretBox({ current: OLD, previous: [] }).seal("value", "sec_1");
  const other = secretBox({ current: { ...NEW, number: 1 }, previous: [] });
  expect(() => other.open(sealed, "sec_1")).toThrow(UNREADABLE);
});

test("what was damaged anywhere gives a clear error and no garbage", () => {
  const box = secretBox({ current: OLD, previous: [{ ...NEW, number: 3 }] });
  const sealed = box.seal("a value", "sec_1");
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom(..."ABCxyz0123456789-_.v"), (at, char) => {
      fc.pre(sealed[at] !== char);
      expect(() => box.open(sealed.slice(0, at) + char + sealed.slice(at + 1), "sec_1")).toThrow(UNREADABLE);
    }),
  );
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), (length) => expect(() => box.open(sealed.slice(0, length), "sec_1")).toThrow(UNREADABLE)),
  );
  for (const text of ["", "value", "v1.1.", `v2${sealed.slice(2)}`, `${sealed}.`, `${sealed}=`]) {
    expect(() => box.open(text, "sec_1")).toThrow(UNREADABLE);
  }
});
