import { expect, test } from "bun:test";
import { InOrder } from "./in-order.ts";

test("each waits for the one before, and who adds waits only where there is no room", async () => {
  const seen: string[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const order = new InOrder(3);
  const add = (at: number) =>
    order.add(async () => {
      seen.push(`begin ${at}`);
      await gates[at]?.promise;
      seen.push(`end ${at}`);
    });
  await add(0);
  await add(1);
  let room = false;
  const third = add(2).then(() => {
    room = true;
  });
  gates[1]?.resolve();
  await Bun.sleep(0);
  expect({ seen, room }).toEqual({ seen: ["begin 0"], room: false });
  gates[0]?.resolve();
  gates[2]?.resolve();
  await third;
  expect(seen).toEqual(["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
  await order.delivered;
});
