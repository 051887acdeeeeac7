import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { AuditEvent } from "../../api/audit-event.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import { GENESIS, seal } from "./audit-chain.ts";
import { type AuditScope, inScope } from "./audit-filter.ts";
import { requestDraft } from "./audit-log.fixture.ts";
import { eventOfRow, rowOfDraft } from "./audit-row.ts";
import { soughtBy } from "./find-by-moments.ts";
import { auditRowInserter } from "./insert-audit-rows.ts";
import { sqlAuditStore } from "./sql-audit-store.ts";

const START_MS = Date.parse("2026-03-01T12:00:00.000Z");
const at = (ms: number) => new Date(START_MS + ms).toISOString();
const now = () => new Date(START_MS);

/** Two writers, whose events stand in each other's time: one value is in most, one in a few far apart, one in none beside a frequent one. */
async function fill(db: Kysely<Schema>): Promise<AuditEvent[]> {
  const rows = ["w", "w.r"].flatMap((writer, offset) => {
    const drafts = Array.from({ length: 400 }, (_, index) =>
      requestDraft({
        // Steps backward now and then, as clocks do.
        at: at(index * 37 + offset * 20 - (index % 9 === 0 ? 260 : 0)),
        user: index % 100 === 7 ? "rare" : "frequent",
        tokenName: index % 2 === 0 ? "even" : "odd",
        tokenSha: index % 150 === 3 ? "c".repeat(64) : "a".repeat(64),
        project: ["a", "b", "c"][index % 3],
        tool: index % 50 === 0 ? "fifty" : "other",
      }),
    );
    return seal(
      writer,
      GENESIS,
      drafts.map((draft) => rowOfDraft(draft, now)),
    );
  });
  const insert = auditRowInserter(db);
  await db.transaction().execute(async (tx) => {
    for (let from = 0; from < rows.length; from += 100) await insert(tx, rows.slice(from, from + 100));
  });
  return rows.map(eventOfRow);
}

const SCOPES: readonly AuditScope[] = [
  { filter: { user: "rare" }, projects: "all" },
  { filter: { user: "frequent", tool: "fifty" }, projects: "all" },
  { filter: { tokenName: "odd", tool: "fifty" }, projects: "all" },
  { filter: { tokenSha: "c".repeat(64), since: at(3000), until: at(12_000) }, projects: "all" },
  { filter: { project: "b", user: "rare" }, projects: new Set(["a", "b"]) },
  { filter: { project: "b" }, projects: new Set(["a"]) },
  { filter: {}, projects: new Set(["a", "c", "none"]) },
  { filter: { tokenName: "none" }, projects: "all" },
  { filter: { tokenName: "even\0" }, projects: "all" },
  { filter: { user: "frequent", since: at(5001), until: at(5302) }, projects: "all" },
];

const placeOf = ({ at: time, writer, sequence }: AuditEvent) => `${time} ${writer} ${String(sequence).padStart(6, "0")}`;

/** All of a scope, page by page. */
async function walk(db: Kysely<Schema>, scope: AuditScope, descending: boolean, limit: number): Promise<string[]> {
  const places: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { items, nextCursor } = await sqlAuditStore(db).list(scope, { limit, after, descending });
    expect(items.length).toBeLessThanOrEqual(limit);
    places.push(...items.map(placeOf));
    cursor = nextCursor;
  }
  return places;
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: events found by moments are those that going through all of them finds, in pages of any size, both ways`, () =>
    withDatabase(async (db) => {
      const events = await fill(db);
      for (const scope of SCOPES) {
        const wanted = events
          .filter((event) => inScope(scope, event))
          .map(placeOf)
          .sort();
        for (const limit of [3, 200]) {
          expect(await walk(db, scope, false, limit)).toEqual(wanted);
          expect(await walk(db, scope, true, limit)).toEqual(wanted.toReversed());
        }
      }
    }));
});

test("the narrowest of what is asked for is looked up, and nothing where a trace or all events are", () => {
  const [tokenSha, tokenName, user, project] = ["s", "t", "u", "p"];
  const seen = new Set(["a", "b"]);
  const many = new Set(Array.from({ length: 33 }, (_, index) => `p${index}`));
  expect(soughtBy({ filter: { tokenSha, tokenName, user, project }, projects: "all" })).toEqual({ field: "token_sha", values: ["s"] });
  expect(soughtBy({ filter: { tokenName, user, project }, projects: "all" })).toEqual({ field: "token_name", values: ["t"] });
  expect(soughtBy({ filter: { user, project }, projects: seen })).toEqual({ field: "user_name", values: ["u"] });
  expect(soughtBy({ filter: { project }, projects: seen })).toEqual({ field: "project", values: ["p"] });
  expect(soughtBy({ filter: { tool: "x" }, projects: seen })).toEqual({ field: "project", values: ["a", "b"] });
  expect(soughtBy({ filter: {}, projects: many })).toBeUndefined();
  expect(soughtBy({ filter: { tool: "x" }, projects: "all" })).toBeUndefined();
  expect(soughtBy({ filter: { traceId: "x", tokenSha }, projects: "all" })).toBeUndefined();
});
