import { expect, test } from "bun:test";
import fc from "fast-check";
import { CallTimer, type TimeLimit } from "./call-timer.ts";

/** A timer whose time a test moves; its own ticks are an hour apart. */
function setup() {
  const time = { ms: 0 };
  const timer = new CallTimer({ monotonicNow: () => time.ms, tickMs: 3_600_000 });
  const fired: string[] = [];
  const at = (ms: number) => {
    time.ms = ms;
    timer.tick();
  };
  return { timer, time, fired, at, start: (name: string, ms: number) => timer.start(time.ms + ms, () => fired.push(name)) };
}

test("a limit is due when its time is over, once, and not before", () => {
  const { start, fired, at, timer } = setup();
  start("a", 10);
  start("b", 5);
  at(4.9);
  expect(fired).toEqual([]);
  at(5);
  expect(fired).toEqual(["b"]);
  at(10);
  at(100);
  expect(fired).toEqual(["b", "a"]);
  expect(timer.size).toBe(0);
});

test("one that is stopped is never due, and stopping it again touches no other", () => {
  const { start, fired, at, timer } = setup();
  const a = start("a", 10);
  timer.stop(a);
  start("b", 10);
  timer.stop(a);
  at(10);
  expect(fired).toEqual(["b"]);
});

test("a limit can be moved later, earlier and out of reach", () => {
  const { start, fired, at, time } = setup();
  const a = start("a", 10);
  const b = start("b", 10);
  a.dueAt = time.ms + 20;
  b.dueAt = Number.POSITIVE_INFINITY;
  at(19);
  expect(fired).toEqual([]);
  at(20);
  expect(fired).toEqual(["a"]);
  b.dueAt = 0;
  at(20);
  expect(fired).toEqual(["a", "b"]);
});

test("of limits that are due together one may stop another, and begin new ones", () => {
  const { timer, fired, at, start } = setup();
  const limits: TimeLimit[] = [];
  for (const nth of [0, 1, 2]) {
    limits.push(
      timer.start(10, () => {
        fired.push(String(nth));
        for (const other of limits) timer.stop(other);
        start("new", 0);
      }),
    );
  }
  at(10);
  expect(fired).toHaveLength(1);
  at(11);
  expect(fired.filter((name) => name === "new")).toHaveLength(1);
});

/** What the timer should do, as plainly as can be. */
class Model {
  readonly entries: { dueAt: number; live: boolean; fired: number; limit: TimeLimit }[] = [];

  start(timer: CallTimer, dueAt: number): void {
    const entry = { dueAt, live: true, fired: 0, limit: { dueAt: 0 } };
    entry.limit = timer.start(dueAt, () => {
      entry.fired += 1;
    });
    this.entries.push(entry);
  }

  passTo(now: number): void {
    for (const entry of this.entries) if (entry.dueAt <= now) entry.live = false;
  }

  at(nth: number) {
    const entry = this.entries[nth];
    return entry?.live === true ? entry : undefined;
  }

  get expected(): number[] {
    return this.entries.map(({ live, dueAt }) => (!live && dueAt !== Number.POSITIVE_INFINITY ? 1 : 0));
  }
}

test("whatever is begun, moved and stopped in whatever order, exactly what is left and over is due", () => {
  const step = fc.record({ kind: fc.constantFrom("start", "stop", "move", "pass"), ms: fc.nat(20), nth: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { timer, time, at } = setup();
      const model = new Model();
      for (const { kind, ms, nth } of steps) {
        const entry = model.at(nth);
        if (kind === "start") model.start(timer, time.ms + ms);
        else if (kind === "pass") {
          at(time.ms + ms);
          model.passTo(time.ms);
        } else if (entry !== undefined && kind === "stop") {
          timer.stop(entry.limit);
          Object.assign(entry, { live: false, dueAt: Number.POSITIVE_INFINITY });
        } else if (entry !== undefined) {
          entry.limit.dueAt = ms * 2;
          entry.dueAt = ms * 2;
        }
      }
      expect(timer.size).toBe(model.entries.filter(({ live }) => live).length);
      expect(model.entries.map(({ fired }) => fired)).toEqual(model.expected);
      timer.close();
    }),
  );
});

test("it ticks by itself while there is a limit", async () => {
  const timer = new CallTimer({ monotonicNow: () => performance.now(), tickMs: 1 });
  await new Promise<void>((resolve) => timer.start(timer.now() + 1, resolve));
  expect(timer.size).toBe(0);
  timer.close();
});

test("after close nothing is due", () => {
  const { start, fired, at, timer } = setup();
  start("a", 1);
  timer.close();
  at(10);
  expect({ fired, size: timer.size }).toEqual({ fired: [], size: 0 });
});
