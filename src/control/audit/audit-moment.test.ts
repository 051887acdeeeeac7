import { expect, test } from "bun:test";
import { requestDraft } from "./audit-log.fixture.ts";
import { momentsOf, stretchesOf } from "./audit-moment.ts";
import { type LooseRow, rowOfDraft } from "./audit-row.ts";

const now = () => new Date();
const at = (ms: number) => new Date(Date.parse("2026-03-01T12:00:00.000Z") + ms).toISOString();
const row = (ms: number, changed: Partial<LooseRow> = {}): LooseRow => ({
  ...rowOfDraft(requestDraft({ at: at(ms), user: undefined }), now),
  ...changed,
});

test("each value is told of once in a tenth of a second, however many events there are and in whatever order", () => {
  const ci = { token_name: "ci", project: "demo" };
  const rows = [
    row(0, ci),
    row(99, ci),
    row(1, { token_name: "other" }),
    row(2, ci),
    row(100, ci),
    row(3, ci),
    row(4),
    row(5, { token_name: "" }),
  ];
  expect(momentsOf("w", rows).map(({ field, value, moment, writer }) => `${writer} ${field}=${value} ${moment}`)).toEqual([
    "w token_name=ci 2026-03-01T12:00:00.0",
    "w token_name=other 2026-03-01T12:00:00.0",
    "w token_name=ci 2026-03-01T12:00:00.1",
    "w token_name= 2026-03-01T12:00:00.0",
    "w project=demo 2026-03-01T12:00:00.0",
    "w project=demo 2026-03-01T12:00:00.1",
  ]);
});

test("the hash of a token and its user are told of too, and one value in two fields is two", () => {
  const told = momentsOf("w", [row(0, { token_sha: "ab", user_name: "x", project: "x" })]);
  expect(told.map(({ field, value }) => [field, value])).toEqual([
    ["token_sha", "ab"],
    ["user_name", "x"],
    ["project", "x"],
  ]);
});

test("neighbours become one stretch, both ways and over the turn of a year, and no more stretches than are asked for", () => {
  const up = ["2025-12-31T23:59:59.8", "2025-12-31T23:59:59.9", "2026-01-01T00:00:00.0", "2026-01-01T00:00:00.2", "2026-01-02T00:00:00.0"];
  const stretches = [
    { first: "2025-12-31T23:59:59.8", last: "2026-01-01T00:00:00.0" },
    { first: "2026-01-01T00:00:00.2", last: "2026-01-01T00:00:00.2" },
    { first: "2026-01-02T00:00:00.0", last: "2026-01-02T00:00:00.0" },
  ];
  expect(stretchesOf(up, 5)).toEqual(stretches);
  expect(stretchesOf(up.toReversed(), 5)).toEqual(stretches.toReversed());
  expect(stretchesOf(up, 2)).toEqual(stretches.slice(0, 2));
  expect(stretchesOf([], 5)).toEqual([]);
});
