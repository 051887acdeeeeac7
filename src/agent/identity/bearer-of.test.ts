import { expect, test } from "bun:test";
import { parseBearer } from "./bearer-of.ts";

test("the bearer is extracted from the metadata, whatever the case of its scheme", () => {
  expect([parseBearer("Bearer abc.def-ghi"), parseBearer("bearer  abc")]).toEqual(["abc.def-ghi", "abc"]);
});

test("without one, or with one that cannot be read, the call is unauthenticated", () => {
  for (const nothing of [undefined, null, ""]) expect(() => parseBearer(nothing)).toThrow("Bearer token required");
  for (const unreadable of ["abc", "Bearer", "Bearer a b", "Basic abc", "Bearer a\u00e9"]) {
    expect(() => parseBearer(unreadable)).toThrow(expect.objectContaining({ code: "unauthenticated", reason: "CREDENTIAL_INVALID" }));
  }
});
