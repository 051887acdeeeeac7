import { expect, test } from "bun:test";
import { Releases } from "./releases.ts";

test("what was added last is let go first, each after the one before has finished", async () => {
  const log: string[] = [];
  const releases = new Releases();
  for (const name of ["lock", "database", "server"]) {
    releases.add(async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
    });
  }
  await releases.run();
  expect(log).toEqual(["server begins", "server ends", "database begins", "database ends", "lock begins", "lock ends"]);
});

test("a failure keeps none of the others from being let go", async () => {
  const log: string[] = [];
  const releases = new Releases();
  releases.add(() => log.push("first"));
  releases.add(() => {
    throw new Error("thrown");
  });
  releases.add(() => Promise.reject(new Error("rejected")));
  releases.add(() => log.push("last"));
  await releases.run();
  expect(log).toEqual(["last", "first"]);
});

test("each is let go once, and what is added while they run is not lost", async () => {
  const log: string[] = [];
  const releases = new Releases();
  releases.add(() => {
    log.push("once");
    releases.add(() => log.push("late"));
  });
  await Promise.all([releases.run(), releases.run()]);
  await releases.run();
  expect(log).toEqual(["once", "late"]);
});
