import { expect, test } from "bun:test";
import { ReleaseStack } from "./release-stack.ts";

test("what was acquired last is released first, past a failure, and only once", async () => {
  const order: string[] = [];
  const failure = new Error("stuck");
  const releases = new ReleaseStack();
  releases.push(() => void order.push("first"));
  releases.push(() => {
    throw failure;
  });
  releases.push(async () => void order.push("last"));
  expect(await releases.releaseAll()).toEqual([failure]);
  expect(await releases.releaseAll()).toEqual([]);
  expect(order).toEqual(["last", "first"]);
});
