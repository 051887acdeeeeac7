import { expect, test } from "bun:test";
import { textTable } from "./text-table.ts";

test("figures stand to the right, words to the left", () => {
  const lines = textTable(
    ["target", "req/s"],
    [
      ["direct", "9"],
      ["gateway", "1000"],
    ],
  );
  expect(lines).toEqual(["target   req/s", "direct       9", "gateway   1000"]);
});
