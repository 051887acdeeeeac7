import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import type { UpstreamStatus } from "../upstream/upstream.ts";
import { decideState, type StateSignals } from "./decide-state.ts";

const WELL: StateSignals = { connection: { state: "ready" }, refusing: undefined, trouble: undefined, lists: undefined };
const ALL = {
  refusing: new AppError("unavailable", "UPSTREAM_LOST", "5 calls were lost"),
  trouble: new AppError("deadline", "CALL_TIMEOUT", "2 calls took too long"),
  lists: new AppError("internal", "UPSTREAM_BROKEN", "no list of tools"),
};
const REFUSED: UpstreamStatus = { state: "failed", reason: "calls are refused for a while: 5 calls were lost", cause: "UPSTREAM_LOST" };
const TROUBLED: UpstreamStatus = { state: "degraded", reason: "2 calls took too long", cause: "CALL_TIMEOUT" };

const cases: readonly (readonly [title: string, signals: Partial<StateSignals>, shown: UpstreamStatus])[] = [
  ["a server that is well is ready", {}, { state: "ready" }],
  [
    "one whose lists cannot be read is degraded",
    { lists: ALL.lists },
    { state: "degraded", reason: "no list of tools", cause: "UPSTREAM_BROKEN" },
  ],
  ["one whose calls fail is degraded", { trouble: ALL.trouble }, TROUBLED],
  ["calls that fail say more than lists", { ...ALL, refusing: undefined }, TROUBLED],
  ["one that is not called any more has failed", ALL, REFUSED],
  [
    "one that says itself that it is degraded is",
    { connection: { state: "degraded", reason: "old" } },
    { state: "degraded", reason: "old" },
  ],
  ["one that says so is not better for it", { ...ALL, connection: { state: "degraded", reason: "old" } }, REFUSED],
  ["one that is starting is starting", { ...ALL, connection: { state: "starting" } }, { state: "starting" }],
  ["one that is away says why", { ...ALL, connection: { state: "failed", reason: "it exited" } }, { state: "failed", reason: "it exited" }],
  ["one that is stopped is stopped", { ...ALL, connection: { state: "stopped" } }, { state: "stopped" }],
  ["one that is switched off is disabled", { ...ALL, connection: { state: "disabled" } }, { state: "disabled" }],
];
test.each(cases)("%s", (_, signals, shown) => {
  expect(decideState({ ...WELL, ...signals })).toEqual(shown);
});
