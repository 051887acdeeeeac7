import { expect, test } from "bun:test";
import { bearerOf } from "./bearer-of.ts";

const metadata = (authorization?: string) => new Headers(authorization === undefined ? {} : { authorization });

test("the bearer is extracted from the metadata, whatever the case of its scheme", () => {
  expect([bearerOf(metadata("Bearer abc.def-ghi")), bearerOf(metadata("bearer  abc"))]).toEqual(["abc.def-ghi", "abc"]);
  expect(bearerOf(new Map([["authorization", "Bearer abc"]]))).toBe("abc");
});

test("without one, or with one that cannot be read, the call is unauthenticated", () => {
  expect(() => bearerOf(metadata())).toThrow("Bearer token required");
  for (const unreadable of ["abc", "Bearer", "Bearer a b", "Basic abc", "Bearer a\u00e9"]) {
    expect(() => bearerOf(metadata(unreadable))).toThrow(
      expect.objectContaining({ code: "unauthenticated", reason: "CREDENTIAL_INVALID" }),
    );
  }
});
