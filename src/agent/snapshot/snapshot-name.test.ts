import { expect, test } from "bun:test";
import { momentOfSnapshot, planPruning, snapshotName } from "./snapshot-name.ts";

const at = (day: number) => snapshotName(new Date(Date.UTC(2026, 0, day)));

test("a snapshot's name has its moment, and is read back", () => {
  const moment = new Date("2026-11-29T02:03:04.567Z");
  expect(snapshotName(moment)).toBe("mcp-agent-2026-11-29T02-03-04.567Z.db");
  expect(momentOfSnapshot(snapshotName(moment))).toEqual(moment);
  for (const name of ["mcp-agent.db", "mcp-agent-2026-13-29T02-03-04.567Z.db", ".snapshot-x", "mcp-agent-2026-11-29T02-03-04.567Z.db.gz"]) {
    expect(momentOfSnapshot(name)).toBeUndefined();
  }
});

test("the oldest snapshots go, and no other file does", () => {
  expect(planPruning([at(3), "notes.txt", at(1), at(2), at(4)], at(4), 2)).toEqual([at(1), at(2)]);
  expect(planPruning([at(1)], at(1), 3)).toEqual([]);
});

test("the one that was just taken stays, though a clock that was wrong has made newer names", () => {
  expect(planPruning([at(1), at(20), at(21)], at(1), 1)).toEqual([at(20), at(21)]);
  expect(planPruning([at(1), at(20)], at(1), 0)).toEqual([at(20)]);
});
