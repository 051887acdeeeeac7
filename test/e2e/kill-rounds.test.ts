/** The promise of dispatched calls, by killing whoever carries them out. */
import { expect, test } from "bun:test";
import { dirname } from "node:path";
import { runKillRounds } from "../support/kill-rounds.ts";
import { Scratch } from "./support/scratch.ts";

const TIMEOUT_MS = 600_000;
/** The longer run is `npm run test:kill-rounds`. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 200);

const scratch = new Scratch("kill-rounds");

test(
  "a worker that is killed with -9 at any step loses no accepted task and carries none out twice",
  async () => {
    const outcome = await runKillRounds({ rounds: ROUNDS, folder: dirname(scratch.path("tasks")), random: Math.random });
    expect(outcome.broken).toEqual([]);
    expect(outcome.tasks).toHaveLength(3 * ROUNDS);
    // Each of the two kinds of end was met, so that the kills fell where they matter.
    expect(outcome.kills).toBeGreaterThan(ROUNDS / 2);
    const ends = new Set(outcome.tasks.map((task) => task?.state));
    expect([...ends].sort()).toEqual(["failed", "finished"]);
  },
  TIMEOUT_MS * Math.ceil(ROUNDS / 200),
);
