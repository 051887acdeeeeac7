import { expect, test } from "bun:test";
import { Turns } from "./turns.ts";

test("turns of one key follow each other in the order of asking, past failures; others wait for none", async () => {
  const turns = new Turns();
  const said: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = turns.take("a", async () => {
    await first.promise;
    said.push("first");
    throw new Error("no");
  });
  const two = turns.take("a", async () => said.push("second"));
  const three = turns.take("a", async () => said.push("third"));
  await turns.take("b", async () => said.push("other"));
  expect(said).toEqual(["other"]);
  first.resolve();
  await expect(one).rejects.toThrow("no");
  await Promise.all([two, three]);
  expect(said).toEqual(["other", "first", "second", "third"]);
  expect(await turns.take("a", async () => "free")).toBe("free");
});
