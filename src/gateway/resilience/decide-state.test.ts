import { expect, test } from "bun:test";
import type { UpstreamStatus } from "../upstream/upstream.ts";
import { decideState, type StateSignals } from "./decide-state.ts";

const WELL: StateSignals = { connection: { state: "ready" }, refusing: undefined, trouble: undefined, lists: undefined };
const ALL = { refusing: "5 calls were lost", trouble: "2 calls were lost", lists: "no list of tools" };

const cases: readonly (readonly [title: string, signals: Partial<StateSignals>, shown: UpstreamStatus])[] = [
  ["a server that is well is ready", {}, { state: "ready" }],
  ["one whose lists cannot be read is degraded", { lists: ALL.lists }, { state: "degraded", reason: "no list of tools" }],
  ["one whose calls fail is degraded", { trouble: ALL.trouble }, { state: "degraded", reason: "2 calls were lost" }],
  ["calls that fail say more than lists", { ...ALL, refusing: undefined }, { state: "degraded", reason: "2 calls were lost" }],
  ["one that is not called any more has failed", ALL, { state: "failed", reason: "calls are refused for a while: 5 calls were lost" }],
  [
    "one that says itself that it is degraded is",
    { connection: { state: "degraded", reason: "old" } },
    { state: "degraded", reason: "old" },
  ],
  [
    "one that says so is not better for it",
    { ...ALL, connection: { state: "degraded", reason: "old" } },
    { state: "failed", reason: "calls are refused for a while: 5 calls were lost" },
  ],
  ["one that is starting is starting", { ...ALL, connection: { state: "starting" } }, { state: "starting" }],
  ["one that is away says why", { ...ALL, connection: { state: "failed", reason: "it exited" } }, { state: "failed", reason: "it exited" }],
  ["one that is stopped is stopped", { ...ALL, connection: { state: "stopped" } }, { state: "stopped" }],
  ["one that is switched off is disabled", { ...ALL, connection: { state: "disabled" } }, { state: "disabled" }],
];
test.each(cases)("%s", (_, signals, shown) => {
  expect(decideState({ ...WELL, ...signals })).toEqual(shown);
});
