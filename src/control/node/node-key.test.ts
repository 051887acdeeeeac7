import { expect, test } from "bun:test";
import { randomIds } from "../../core/ids.ts";
import { redactText } from "../../core/redact.ts";
import { nodeIdOfKey, nodeKeyOf } from "./node-key.ts";

const KEY = new Uint8Array(32).fill(1);

test("a node's key says which node it is for, to who has made it alone", () => {
  const [one, other] = [randomIds.next("nod"), randomIds.next("nod")];
  expect(nodeIdOfKey(KEY, nodeKeyOf(KEY, one))).toBe(one);
  expect(nodeIdOfKey(new Uint8Array(32).fill(2), nodeKeyOf(KEY, one))).toBeUndefined();
  for (const forged of [
    nodeKeyOf(KEY, one).replace(one, other),
    `${nodeKeyOf(KEY, one)}0`,
    nodeKeyOf(KEY, one).slice(0, -1),
    nodeKeyOf(KEY, one).toUpperCase(),
    `mcpctl_node_${one}.`,
    "mcpctl_node_",
    "",
  ]) {
    expect(nodeIdOfKey(KEY, forged)).toBeUndefined();
  }
});

test("no log has it", () => {
  const key = nodeKeyOf(KEY, randomIds.next("nod"));
  expect(redactText(`refused ${key} of a gateway`, 1000)).not.toContain(key.slice(-64));
});
