import { expect, test } from "bun:test";
import { allowsBatch, isLegacyRevision, LEGACY_REVISIONS, negotiateRevision, resumesStreams } from "./revisions.ts";

test("a known revision is echoed and any other is answered with the newest legacy one", () => {
  for (const revision of LEGACY_REVISIONS) expect(negotiateRevision(revision)).toBe(revision);
  for (const other of ["2026-07-28", "1999-01-01", undefined, 7]) expect(negotiateRevision(other)).toBe("2025-11-25");
});

test("only 2025-03-26 has batches", () => {
  expect(LEGACY_REVISIONS.filter(allowsBatch)).toEqual(["2025-03-26"]);
});

test("the modern revision is no legacy one", () => {
  expect(isLegacyRevision("2026-07-28")).toBe(false);
});

test("only 2025-11-25 resumes streams", () => {
  expect(LEGACY_REVISIONS.filter(resumesStreams)).toEqual(["2025-11-25"]);
});
