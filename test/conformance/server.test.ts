/** The conformance suite against our own fixture, and against the same fixture through the gateway. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FixtureEra } from "./fixture/start-fixture.ts";
import { CROSS_ERA, SAME_ERA } from "./server-runs.ts";
import { differencesBetween } from "./suite/differences.ts";
import { readExpected, unexplained, withoutReasons } from "./suite/expected-differences.ts";
import type { Revision } from "./suite/revision.ts";
import { checksThatAre } from "./suite/verdicts.ts";
import { ServerRig } from "./support/server-rig.ts";

const LIMIT_MS = 120_000;
let folder = "";
let rig: ServerRig;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-conformance-"));
  rig = await ServerRig.start(join(folder, "data"));
}, LIMIT_MS);
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The set of a revision holds extensions too, which are not scored; this one no SDK has yet. */
const isOfTasks = (check: string) => check.startsWith("tasks-");

describe("without the gateway", () => {
  test.each<[FixtureEra, Revision, number]>([
    ["dual", "2025-11-25", 84],
    ["legacy", "2025-11-25", 84],
    ["dual", "2026-07-28", 140],
    ["modern", "2026-07-28", 140],
  ])(
    "the %s fixture does all that %s requires",
    async (era, revision, atLeast) => {
      const verdicts = await rig.direct(era, revision);
      expect(checksThatAre(verdicts, ["FAILURE", "WARNING", "SKIPPED"]).filter((check) => !isOfTasks(check))).toEqual([]);
      // A run in which little was checked would prove little.
      expect(checksThatAre(verdicts, ["SUCCESS"]).length).toBeGreaterThanOrEqual(atLeast);
    },
    LIMIT_MS,
  );
});

describe("through the gateway", () => {
  test.each([...SAME_ERA, ...CROSS_ERA])(
    "$name: every check is as without the gateway, but for those that are listed, and those are as listed",
    async ({ name, upstream, revision }) => {
      // A server of the client's own era: what it does is what a translation is held to.
      const wanted = await rig.direct(SAME_ERA.some((run) => run.name === name) ? upstream : "dual", revision);
      const expected = await readExpected(name);
      expect(differencesBetween(wanted, await rig.through(upstream, revision))).toEqual(withoutReasons(expected));
      expect(unexplained(expected)).toEqual([]);
    },
    LIMIT_MS,
  );
});
