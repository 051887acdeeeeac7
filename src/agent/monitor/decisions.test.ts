import { expect, test } from "bun:test";
import type { Healthcheck } from "../../service-definition/service-definition.ts";
import { type AlertState, decideAlert, SILENT } from "./decide-alert.ts";
import { decideHeal, type HealState } from "./decide-heal.ts";
import { driftOf, driftText, isAsDesired } from "./drift-of.ts";
import { afterExit, afterQuiet, CALM } from "./flap.ts";
import { afterVerdict, freshHealth } from "./health-of.ts";
import { transitionOf } from "./transition-of.ts";

const POLICY = { flapWindowMs: 600, flapThreshold: 3 };

test("more exits than the threshold within the window are flapping, and a whole quiet window ends it", () => {
  const exits = (...times: number[]) => times.reduce((flap, at) => afterExit(flap, at, POLICY), CALM);
  expect(exits(0, 100, 200).flapping).toBe(false);
  expect(exits(0, 100, 200, 300).flapping).toBe(true);
  expect(exits(0, 300, 600, 900, 1200).flapping).toBe(false);
  const flapping = exits(0, 100, 200, 300);
  expect(afterQuiet(flapping, 899, POLICY).flapping).toBe(true);
  expect(afterQuiet(flapping, 900, POLICY)).toEqual(CALM);
});

test("as few exits are kept as are needed to tell", () => {
  let flap = CALM;
  for (let at = 0; at < 500; at++) flap = afterExit(flap, at, POLICY);
  expect(flap.exits).toEqual([496, 497, 498, 499]);
});

test("trouble is told once in a cool-down, and its end to whoever heard of it", () => {
  let state: AlertState = SILENT;
  const sent = [
    [0, true],
    [10, true],
    [20, false],
    [30, true],
    [40, false],
    [50, true],
    [100, true],
    [150, true],
    [200, true],
    [210, false],
    [220, false],
  ].map(([now, isTrouble]) => {
    const decided = decideAlert(state, Boolean(isTrouble), Number(now), 100);
    state = decided.state;
    return decided.send;
  });
  const [no] = [undefined];
  expect(sent).toEqual(["firing", no, "resolved", no, no, no, "firing", no, "firing", "resolved", no]);
});

const DOWN: HealState = {
  desired: "running",
  observed: "exited",
  health: "none",
  selfHeal: "heal",
  wasThere: true,
  isBusy: false,
  notBefore: 0,
  areDependenciesUp: (): boolean => true,
};

test.each([
  [{}, "exited"],
  [{ observed: "removed" }, "removed"],
  [{ observed: "stopped" }, "stopped"],
  [{ observed: "running" }, undefined],
  [{ observed: "running", health: "unhealthy" }, "unhealthy"],
  [{ observed: "running", health: "starting" }, undefined],
  [{ observed: "unknown" }, undefined],
  [{ desired: "stopped", observed: "running" }, "unwanted"],
  [{ desired: "stopped", observed: "running", areDependenciesUp: (): boolean => false }, "unwanted"],
  [{ desired: "stopped" }, undefined],
  [{ desired: "ignore" }, undefined],
  [{ desired: "ignore", observed: "running" }, undefined],
  [{ selfHeal: "alert" }, undefined],
  [{ isBusy: true }, undefined],
  [{ wasThere: false }, undefined],
  [{ notBefore: 11 }, undefined],
  [{ areDependenciesUp: (): boolean => false }, undefined],
] as const)("of what does not run and should, with %j, the reason to put it right is %p", (change, reason) => {
  expect(decideHeal({ ...DOWN, ...change }, 10)).toBe(reason);
});

const CHECK: Healthcheck = { probe: { kind: "tcp", port: 1 }, intervalMs: 10, timeoutMs: 10, retries: 2, deadlineMs: 100 };
const FAILED = { ok: false, layer: "port", reason: "closed" } as const;

test("a container is unhealthy after its retries, and a new one has its deadline first", () => {
  const healthy = afterVerdict(freshHealth(CHECK), { ok: true, detail: "" }, CHECK, 5);
  expect(healthy).toEqual({ health: "healthy", reason: "", failures: 0 });
  const once = afterVerdict(healthy, FAILED, CHECK, 200);
  expect(once).toEqual({ health: "healthy", reason: "port: closed", failures: 1 });
  expect(afterVerdict(once, FAILED, CHECK, 210).health).toBe("unhealthy");
  let fresh = freshHealth(CHECK);
  for (const upMs of [10, 50, 99]) fresh = afterVerdict(fresh, FAILED, CHECK, upMs);
  expect(fresh).toMatchObject({ health: "starting", failures: 3 });
  expect(afterVerdict(fresh, FAILED, CHECK, 100).health).toBe("unhealthy");
});

test("what is stopped, has exited or was removed is as it should be where nothing should run; what nobody knows is no drift", () => {
  expect((["stopped", "exited", "removed", "unknown"] as const).every((observed) => isAsDesired("stopped", observed))).toBe(true);
  expect((["stopped", "exited", "removed"] as const).some((observed) => isAsDesired("running", observed))).toBe(false);
  expect([isAsDesired("running", "unknown"), isAsDesired("stopped", "running"), isAsDesired("ignore", "running")]).toEqual([
    true,
    false,
    true,
  ]);
});

test("drift names what differs: the state, the name, what ails it, and the container's own fields", () => {
  const fields = [{ field: "env.MODE", want: "", have: "debug" }];
  const renamed = { wantedName: "web-api", name: "web-old", fields };
  const diffs = driftOf({ desired: "stopped" }, { observed: "running", degraded: "it is paused" }, renamed);
  expect(diffs.map(({ field }) => field)).toEqual(["state", "name", "condition", "env.MODE"]);
  expect(driftText(diffs)).toContain("env.MODE is debug and should be not set");
  expect(driftOf({ desired: "running" }, { observed: "unknown", degraded: "" }, renamed)).toEqual([]);
  expect(driftOf({ desired: "ignore" }, { observed: "exited", degraded: "" }, renamed)).toEqual([]);
});

test("a container that was started between two looks has exited once; one that an engine tells a little otherwise has not", () => {
  const seen = {
    containerId: "c1",
    imageDigest: "d",
    version: "",
    exitCode: undefined,
    oomKilled: false,
    reason: "it exited",
    degraded: "",
  };
  const at = (ms: number) => new Date(1_000_000 + ms);
  const running = { ...seen, observed: "running", startedAt: at(0) } as const;
  expect(transitionOf(running, { ...running, startedAt: at(1) })).toBeUndefined();
  expect(transitionOf(running, { ...running, startedAt: at(700) })).toMatchObject({ from: "running", to: "running", isExit: true });
  expect(transitionOf(running, { ...running, containerId: "c2" })).toMatchObject({ isExit: true });
  const exited = { ...seen, observed: "exited", startedAt: at(0) } as const;
  expect(transitionOf(exited, { ...exited, startedAt: at(500) })).toMatchObject({ from: "exited", to: "exited", isExit: true });
  expect(transitionOf(exited, running)).toMatchObject({ from: "exited", to: "running", isExit: false });
  expect(transitionOf(running, { ...seen, observed: "stopped", startedAt: at(0) })).toMatchObject({ isExit: false });
});
