import { expect, test } from "bun:test";
import fc from "fast-check";
import { GENESIS, HASHED_COLUMNS, seal } from "./audit-chain.ts";
import { requestDraft } from "./audit-log.fixture.ts";
import { type AuditRow, type LooseRow, rowOfDraft } from "./audit-row.ts";
import { type Anchor, ChainCheck, type ChainVerdict } from "./check-chain.ts";
import type { Checkpoint } from "./checkpoint.ts";

const AT = "2026-03-01T12:00:00.000Z";
const text = fc.option(fc.string({ unit: "binary", maxLength: 12 }), { nil: undefined });
const looseRow: fc.Arbitrary<LooseRow> = fc
  .record({ user: text, tool: text, server: text, method: text, code: text, status: fc.option(fc.integer(), { nil: undefined }) })
  .map((fields) => rowOfDraft(requestDraft({ ...fields, detail: { ...fields } }), () => new Date(AT)));

interface Chain {
  readonly rows: readonly AuditRow[];
  readonly anchor: Anchor | undefined;
  readonly ends: readonly Checkpoint[];
  readonly cuts: readonly Checkpoint[];
}

/** A chain of 1 to 8 events, of which retention may have taken some, with the checkpoints that belong to it. */
const chain: fc.Arbitrary<Chain> = fc.tuple(fc.array(looseRow, { minLength: 1, maxLength: 8 }), fc.nat(7)).map(([loose, pruned]) => {
  const all = seal("w", GENESIS, loose);
  const cut = all[Math.min(pruned, all.length - 1) - 1];
  const end = all.at(-1) ?? GENESIS;
  const signed = (kind: "end" | "cut", { sequence, hash }: { sequence: number; hash: string }) =>
    ({ kind, writer: "w", sequence, hash, at: AT }) as const;
  const anchor = cut === undefined ? undefined : { sequence: cut.sequence, hash: cut.hash, at: AT };
  return {
    rows: all.slice(cut?.sequence ?? 0),
    anchor,
    ends: [signed("end", end)],
    cuts: anchor === undefined ? [] : [signed("cut", anchor)],
  };
});

function verdictOn({ rows, anchor, ends, cuts }: Chain, own = true): ChainVerdict {
  const check = new ChainCheck({ writer: "w", anchor, ends, own });
  for (const row of rows) check.add(row);
  return check.finish(cuts);
}

/** Another value that the column could hold. */
function changed(row: AuditRow, column: keyof AuditRow, other: string): AuditRow {
  const value = row[column];
  if (typeof value === "number") return { ...row, [column]: value + 1 };
  return { ...row, [column]: value === other ? `${other}x` : other };
}

const COLUMNS = [...HASHED_COLUMNS, "hash"] as const;

test("a chain that nobody has touched holds, pruned or not", () => {
  fc.assert(
    fc.property(chain, (one) => {
      expect(verdictOn(one)).toEqual({
        writer: "w",
        first: one.rows[0]?.sequence ?? 0,
        last: one.rows.at(-1)?.sequence ?? 0,
        events: one.rows.length,
        ok: true,
        findings: [],
      });
    }),
  );
});

test("any change of any column of any row is found", () => {
  fc.assert(
    fc.property(chain, fc.nat(), fc.string({ unit: "binary", maxLength: 12 }), (one, which, other) => {
      const at = which % one.rows.length;
      for (const column of COLUMNS) {
        // A row that moves to another writer is a row that is missing here.
        if (column === "writer") continue;
        const rows = one.rows.map((row, index) => (index === at ? changed(row, column, other) : row));
        expect({ column, ok: verdictOn({ ...one, rows }).ok }).toEqual({ column, ok: false });
      }
    }),
  );
});

test("null is not the empty text, and no column's text can pass over into the next", () => {
  const rowWith = (fields: Parameters<typeof requestDraft>[0]) =>
    seal("w", GENESIS, [rowOfDraft(requestDraft(fields), () => new Date(AT))])[0]?.hash;
  const hashes = [
    {},
    { project: "" },
    { project: "null" },
    { server: "" },
    { project: "a", server: "b" },
    { project: "ab", server: "" },
  ].map(rowWith);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("any row that was removed is found", () => {
  fc.assert(
    fc.property(chain, fc.nat(), (one, which) => {
      const rows = one.rows.filter((_, index) => index !== which % one.rows.length);
      expect(verdictOn({ ...one, rows }).ok).toBe(false);
    }),
  );
});

test("any end that was cut off is found, also where all of the chain was made anew", () => {
  fc.assert(
    fc.property(chain, fc.nat(), looseRow, (one, length, row) => {
      const rows = one.rows.slice(0, length % one.rows.length);
      expect(verdictOn({ ...one, rows }).ok).toBe(false);
      const before = rows.at(-1) ?? one.anchor ?? GENESIS;
      const forged = seal(
        "w",
        before,
        Array.from({ length: 9 }, () => row),
      );
      expect(verdictOn({ ...one, rows: [...rows, ...forged] }).ok).toBe(false);
    }),
  );
});

test("any beginning that was cut off is found, also where an anchor was made for it", () => {
  fc.assert(
    fc.property(chain, fc.nat(), (one, which) => {
      const gone = 1 + (which % one.rows.length);
      const rows = one.rows.slice(gone);
      expect(verdictOn({ ...one, rows }).ok).toBe(false);
      const last = one.rows[gone - 1];
      const anchor = last === undefined ? undefined : { sequence: last.sequence, hash: last.hash, at: AT };
      expect(verdictOn({ ...one, rows, anchor }).ok).toBe(false);
    }),
  );
});

test("an anchor that was removed or changed is found", () => {
  fc.assert(
    fc.property(
      chain.filter(({ anchor }) => anchor !== undefined),
      (one) => {
        const { anchor } = one;
        if (anchor === undefined) return;
        for (const other of [
          undefined,
          { ...anchor, sequence: anchor.sequence + 1 },
          { ...anchor, sequence: anchor.sequence - 1 },
          { ...anchor, hash: "f".repeat(64) },
          { ...anchor, at: "2026-03-01T12:00:00.001Z" },
        ]) {
          expect(verdictOn({ ...one, anchor: other }).ok).toBe(false);
        }
      },
    ),
  );
});

test("a chain of one's own without a signed end does not hold; another mcpd's need not be known here", () => {
  fc.assert(
    fc.property(chain, (one) => {
      expect(verdictOn({ ...one, ends: [] }).findings).toEqual([
        "no signed checkpoint is there: the checkpoint file was removed or forged",
      ]);
      expect(verdictOn({ ...one, ends: [], cuts: [] }, false).ok).toBe(true);
    }),
  );
});

test("a finding says which event and what is wrong, and there are no more than can be read", () => {
  const rows = seal(
    "w",
    GENESIS,
    Array.from({ length: 300 }, () => rowOfDraft(requestDraft(), () => new Date(AT))),
  );
  const end: Checkpoint = { kind: "end", writer: "w", sequence: 305, hash: "0".repeat(64), at: AT };
  const without = (...gone: number[]) => rows.filter(({ sequence }) => !gone.includes(sequence));
  const findings = (kept: readonly AuditRow[], ends = [end]) => verdictOn({ rows: kept, anchor: undefined, ends, cuts: [] }).findings;
  expect(findings(without(1, 7, 20, 21, 22))).toEqual([
    "the beginning is cut off: event 1 is missing",
    "event 7 is missing",
    "events 20 to 22 are missing",
    "the end is cut off: there was an event 305, and the last one is 300",
  ]);
  const tampered = rows.map((row) => (row.sequence === 17 ? { ...row, tool: "other" } : row));
  expect(findings(tampered, [{ ...end, sequence: 1, hash: "1".repeat(64) }])).toEqual([
    "event 1 is not the one that was signed",
    "event 17 was changed, or the one before it",
  ]);
  const many = findings(rows.map((row) => ({ ...row, tool: "other" })));
  expect(many).toHaveLength(101);
  expect(many.at(-1)).toBe("and 201 more");
});
