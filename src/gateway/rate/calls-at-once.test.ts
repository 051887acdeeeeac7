import { expect, test } from "bun:test";
import { CallsAtOnce } from "./calls-at-once.ts";

const verdicts = (gate: CallsAtOnce, ...identities: readonly string[]) => identities.map((identity) => gate.enter(identity)?.code ?? "in");

test("one caller has no more calls in flight than it may, and another is not hindered", () => {
  const gate = new CallsAtOnce({ max: 0, maxPerIdentity: 2 });
  expect(verdicts(gate, "a", "a", "a", "b")).toEqual(["in", "in", "rate_limited", "in"]);
  gate.leave("a");
  expect(verdicts(gate, "a", "a")).toEqual(["in", "rate_limited"]);
});

test("all together have no more than the gateway takes; who is refused is told when to come again", () => {
  const gate = new CallsAtOnce({ max: 2, maxPerIdentity: 0 });
  expect(verdicts(gate, "a", "b", "c")).toEqual(["in", "in", "rate_limited"]);
  expect(gate.enter("c")).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
  gate.leave("b");
  expect(verdicts(gate, "c")).toEqual(["in"]);
});

test("0 is no limit, and what has left leaves nothing behind", () => {
  const gate = new CallsAtOnce({ max: 0, maxPerIdentity: 0 });
  for (let calls = 0; calls < 1000; calls += 1) expect(gate.enter("a")).toBeUndefined();
  for (let calls = 0; calls < 1000; calls += 1) gate.leave("a");
  expect(gate.now).toBe(0);
});
