import { expect, test } from "bun:test";
import { nodeNameOf } from "./local-agent.ts";

test("a node's name is made of the machine's", () => {
  expect(["rack-1", "Rack_1.example.org", "9lives", "", "a", "-", `x${"y".repeat(80)}`].map(nodeNameOf)).toEqual([
    "rack-1",
    "rack-1",
    "lives",
    "local",
    "local",
    "local",
    `x${"y".repeat(39)}`,
  ]);
});
