import { expect, test } from "bun:test";
import { memoryCheckpoints, NOW, testClock, until } from "./audit-log.fixture.ts";
import { CheckpointWriter } from "./checkpoint-writer.ts";

const link = (sequence: number) => ({ sequence, hash: `${sequence}`.padStart(64, "0") });

function setup(intervalMs: number) {
  const checkpoints = memoryCheckpoints();
  const failures: unknown[] = [];
  let full = false;
  const writer = new CheckpointWriter(
    {
      checkpoints: {
        ...checkpoints,
        add: async (checkpoint) => {
          if (full) throw new Error("the disk is full");
          checkpoints.kept.push(checkpoint);
        },
      },
      writer: "w",
      clock: testClock(),
      onFailure: (thrown) => failures.push(thrown),
    },
    intervalMs,
  );
  return {
    writer,
    kept: checkpoints.kept,
    failures,
    fill: (now: boolean) => {
      full = now;
    },
  };
}

test("of many ends that are reached within the interval the last is signed, and again the next", async () => {
  const { writer, kept } = setup(5);
  for (let sequence = 1; sequence <= 100; sequence += 1) writer.reached(link(sequence));
  await until(() => kept.length > 0);
  expect(kept).toEqual([{ kind: "end", writer: "w", ...link(100), at: NOW }]);
  writer.reached(link(101));
  await until(() => kept.length > 1);
  await writer.close();
  expect(kept.map(({ sequence }) => sequence)).toEqual([100, 101]);
});

test("closing signs what is due without waiting", async () => {
  const { writer, kept } = setup(60_000);
  writer.reached(link(7));
  await writer.close();
  expect(kept.map(({ sequence }) => sequence)).toEqual([7]);
});

test("what could not be signed is told and tried again", async () => {
  const { writer, kept, failures, fill } = setup(2);
  fill(true);
  writer.reached(link(7));
  await until(() => failures.length >= 2);
  fill(false);
  await until(() => kept.length > 0);
  expect(kept.map(({ sequence }) => sequence)).toEqual([7]);
  await writer.close();
});
