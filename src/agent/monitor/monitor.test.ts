import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { MonitorBench } from "./monitor.fixture.ts";

const MINUTE = 60_000;

test("an exit is seen by its event, long before the next full look, and told with how it ended", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.engine.exit("web-api", 3);
  await bench.advance(150);
  expect(await bench.component("web")).toMatchObject({
    observed: "exited",
    exitCode: 3,
    oomKilled: false,
    reason: "it exited with code 3",
  });
  expect(await bench.events("state")).toMatchObject([
    { service: "web", component: "api", from: "running", to: "exited", message: "it exited with code 3" },
  ]);
});

test.each([
  [0, false, "it exited with code 0"],
  [1, false, "it exited with code 1"],
  [137, false, "it was ended by signal 9 (exit code 137)"],
  [137, true, "it was killed for want of memory (exit code 137)"],
] as const)("exit code %i, out of memory %p, is told apart", async (exitCode, oomKilled, message) => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.engine.exit("web-api", exitCode, { oomKilled });
  await bench.advance(150);
  expect(await bench.component("web")).toMatchObject({ observed: "exited", exitCode, oomKilled, reason: message });
});

test("what happened while the agent was down is told once each when it is back, and what is nobody's is listed and left alone", async () => {
  await using bench = new MonitorBench();
  for (const name of ["left", "gone", "same"]) await bench.deployed(name);
  bench.engine.exit("left-api", 1);
  await bench.engine.remove("gone-api");
  bench.engine.addImage("localhost/other:1");
  const { containerSpec } = await import("../../runtime/fake/container-spec.fixture.ts");
  await bench.engine.create(containerSpec({ name: "by-hand", image: "localhost/other:1" }));
  await bench.monitor.start();
  await bench.advance(2 * MINUTE);
  const told = (await bench.events("state")).map(({ service, to }) => `${service} ${to}`);
  expect(told.sort()).toEqual(["gone removed", "left exited"]);
  expect(bench.monitor.undeclared()).toEqual(["by-hand"]);
  expect(bench.runtime.writes).toEqual([]);
});

test("an engine that is away leaves what is desired alone, is named as the node's problem, and is taken up again without a word", async () => {
  await using bench = new MonitorBench({}, {});
  await bench.deployed("web", { selfHeal: "heal" });
  const back = bench.runtime.goAway();
  await bench.monitor.start();
  await bench.advance(2 * MINUTE);
  expect(await bench.component("web")).toMatchObject({ desired: "running", observed: "unknown" });
  expect(bench.monitor.problems()).toHaveLength(1);
  expect([bench.heals, bench.alerts, await bench.told()]).toEqual([[], [], []]);
  back();
  await bench.advance(MINUTE);
  expect(await bench.component("web")).toMatchObject({ observed: "running" });
  expect(bench.monitor.problems()).toEqual([]);
  expect([bench.heals, await bench.told()]).toEqual([[], []]);
});

test("a container that holds up the engine's list is unknown alone; the others are looked at within two full looks", async () => {
  await using bench = new MonitorBench();
  for (const name of ["stuck", "web", "other"]) await bench.deployed(name);
  await bench.monitor.start();
  const releaseList = bench.runtime.hang("list");
  const releaseOne = bench.runtime.hang("inspect", { name: "stuck-api" });
  bench.runtime.deliverEvents(() => 0);
  bench.engine.exit("web-api", 1);
  await bench.advance(2 * 30_000);
  expect(await bench.component("stuck")).toMatchObject({ observed: "unknown" });
  expect(await bench.component("web")).toMatchObject({ observed: "exited" });
  const { observedAt } = await bench.component("other");
  expect(bench.timing.now().getTime() - (observedAt?.getTime() ?? 0)).toBeLessThanOrEqual(60_000);
  expect(await bench.told("state")).toEqual(["api state running>exited", "api state running>unknown"]);
  releaseList();
  releaseOne();
  await bench.advance(MINUTE);
  expect(await bench.component("stuck")).toMatchObject({ observed: "running" });
  expect((await bench.told("state")).at(-1)).toBe("api state unknown>running");
});

test("a killed conmon is drift by its name within two ticks, and its container counts as running", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  const info = await bench.engine.inspect("web-api");
  bench.deadPids.add(info?.monitorPid ?? 0);
  await bench.advance(2000);
  expect(await bench.component("web")).toMatchObject({ observed: "running", reason: expect.stringContaining("conmon") });
  expect(bench.monitor.drift("web", "api").diffs).toMatchObject([{ field: "condition", have: expect.stringContaining("conmon") }]);
  expect(bench.heals).toEqual([]);
});

test("a process that has ended and that nobody has collected is found by the next full look", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.zombies.add((await bench.engine.inspect("web-api"))?.pid ?? 0);
  await bench.advance(34_000);
  expect(await bench.component("web")).toMatchObject({ observed: "exited" });
});

test("a process that is gone has exited, whatever the engine says", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.deadPids.add((await bench.engine.inspect("web-api"))?.pid ?? 0);
  await bench.advance(2000);
  expect(await bench.component("web")).toMatchObject({
    observed: "exited",
    reason: expect.stringContaining("the engine has not seen it exit"),
  });
});

test.each([
  ["lost", 0],
  ["told twice", 2],
] as const)("events that are %s leave the right state after the next full look, told once", async (_, times) => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.runtime.deliverEvents(() => times);
  bench.engine.exit("web-api", 1);
  await bench.advance(34_000);
  expect(await bench.component("web")).toMatchObject({ observed: "exited" });
  expect(await bench.told("state")).toEqual(["api state running>exited"]);
});

test("a stream of events that breaks off is opened again, and what happened meanwhile is seen at once", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.runtime.deliverEvents(() => 0);
  bench.engine.exit("web-api", 1);
  bench.runtime.deliverEvents(() => 1);
  bench.runtime.cutEvents();
  await bench.advance(1000);
  expect(await bench.component("web")).toMatchObject({ observed: "exited" });
  bench.engine.start("web-api");
  await bench.advance(200);
  expect(await bench.component("web")).toMatchObject({ observed: "running" });
});

test("a stream that is silent for two full looks is left for another", async () => {
  await using bench = new MonitorBench();
  await bench.monitor.start();
  const before = bench.runtime.count("events");
  await bench.advance(3 * MINUTE);
  expect(bench.runtime.count("events")).toBeGreaterThan(before);
  expect(bench.engine.eventReaders).toBe(1);
});

test("ten thousand events of a moment are one look for each component", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.deployed("other");
  await bench.monitor.start();
  await bench.advance(200);
  bench.runtime.deliverEvents(() => 5000);
  const before = bench.runtime.count("inspect");
  bench.engine.pause("web-api");
  bench.engine.unpause("web-api");
  bench.engine.exit("web-api", 1);
  await bench.advance(150);
  expect(bench.runtime.count("inspect") - before).toBe(1);
  expect(await bench.component("web")).toMatchObject({ observed: "exited" });
});

test("an agent that starts again beside a hundred running containers knows them all at once, and tells nothing", async () => {
  await using bench = new MonitorBench();
  for (let number = 0; number < 100; number++) await bench.deployed(`s${number}`);
  await bench.monitor.start();
  const components = await bench.registry.components();
  expect(components.every(({ observed }) => observed === "running")).toBe(true);
  expect([await bench.told(), bench.alerts, bench.runtime.writes]).toEqual([[], [], []]);
});

test.each([
  ["an hour forward", 3_600_000],
  ["an hour back", -3_600_000],
  ["ten years forward", 10 * 365 * 86_400_000],
] as const)("a wall clock that is set %s fires nothing and holds nothing back", async (_, jump) => {
  await using bench = new MonitorBench({ flapThreshold: 2 });
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  const crash = async () => {
    bench.engine.exit("web-api", 1);
    await bench.advance(90_000);
  };
  await crash();
  bench.timing.setWall(jump);
  await crash();
  expect(await bench.told("flap")).toEqual([]);
  bench.timing.setWall(-jump);
  await crash();
  expect(await bench.told("flap")).toEqual(["api flap >"]);
  await bench.advance(20 * MINUTE);
  expect(await bench.told("flap_resolved")).toEqual(["api flap_resolved >"]);
  // The cool-down of the first alert is over, whatever the wall clock says.
  const firing = () => bench.alerted.filter((each) => each === "api drift firing").length;
  const before = firing();
  bench.engine.exit("web-api", 1);
  await bench.advance(1000);
  expect(firing()).toBe(before + 1);
});

test("old events are deleted and recent ones stay", async () => {
  await using bench = new MonitorBench({ retentionMs: 60 * MINUTE });
  const event = { service: "web", component: "api", kind: "state", from: "", to: "" };
  const now = bench.timing.now().getTime();
  await bench.registry.addEvents([
    { ...event, at: new Date(now - 61 * MINUTE), message: "old" },
    { ...event, at: new Date(now - 30 * MINUTE), message: "recent" },
  ]);
  await bench.monitor.start();
  await bench.advance(0);
  expect((await bench.events()).map(({ message }) => message)).toEqual(["recent"]);
  await bench.advance(2 * 60 * MINUTE);
  expect(await bench.events()).toEqual([]);
});

test("a monitor that was stopped leaves no timer, stream or look behind", async () => {
  const bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  bench.heal = () => new Promise(() => {});
  await bench.advance(500);
  bench.runtime.hang("list");
  void bench.monitor.look().catch(() => {});
  await bench.monitor.stop();
  expect([bench.timing.left, bench.engine.eventReaders]).toEqual([0, 0]);
  expect(await bench.told("state")).toEqual(["api state running>exited"]);
  await bench.registry.close();
});

test("events that could not be written are written when they can be", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  const { addEvents } = bench.registry;
  bench.registry.addEvents = () => Promise.reject(new Error("disk full"));
  bench.engine.exit("web-api", 1);
  await bench.advance(5000);
  expect(bench.warnings.length).toBeGreaterThan(0);
  bench.registry.addEvents = addEvents;
  await bench.advance(2000);
  expect(await bench.told()).toEqual(["api state running>exited", "api drift >"]);
});

test("what was changed by hand is drift by its name, and over when it is put back; it is told, and never remade behind an operator's back", async () => {
  let fields = [{ field: "restart_policy", want: "no", have: "always" }];
  await using bench = new MonitorBench({}, { diffOf: async () => fields });
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  await bench.advance(100);
  expect(bench.monitor.drift("web", "api")).toEqual({ diffs: fields, since: expect.any(Date) });
  expect(bench.alerted).toEqual(["api drift firing"]);
  fields = [];
  await bench.advance(MINUTE);
  expect((await bench.events()).map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
    "drift: restart_policy is always and should be no",
    "drift_resolved: it is as it should be",
  ]);
  expect([bench.alerted.at(-1), bench.heals]).toEqual(["api drift resolved", []]);
});

test("a container that was renamed or paused by hand is still seen to run, and is drift", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  await bench.engine.rename("web-api", "old-api");
  bench.engine.pause("old-api");
  await bench.advance(MINUTE);
  expect(await bench.component("web")).toMatchObject({ observed: "running" });
  expect(bench.monitor.drift("web", "api").diffs).toEqual([
    { field: "name", want: "web-api", have: "old-api" },
    { field: "condition", want: "sound", have: "it is paused" },
  ]);
  expect([bench.heals, bench.monitor.undeclared()]).toEqual([[], []]);
});

test("what a deploy has kept of an earlier version is not taken for the component, where its own container is gone", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  await bench.engine.rename("web-api", "web-api.d1");
  await bench.engine.stop("web-api.d1", 0);
  await bench.advance(MINUTE);
  expect(await bench.component("web")).toMatchObject({ observed: "removed" });
});

test("a definition that could not be put into effect any more is drift; an engine that cannot tell leaves what was known", async () => {
  let error = new AppError("not_found", "SECRET_NOT_FOUND", "the secret db.key is missing");
  await using bench = new MonitorBench({}, { diffOf: () => Promise.reject(error) });
  await bench.deployed("web");
  await bench.monitor.start();
  const missing = [{ field: "definition", want: "can be put into effect", have: "the secret db.key is missing" }];
  expect(bench.monitor.drift("web", "api").diffs).toEqual(missing);
  error = new AppError("unavailable", "RUNTIME_UNAVAILABLE", "the engine is away");
  await bench.advance(MINUTE);
  expect(bench.monitor.drift("web", "api").diffs).toEqual(missing);
});

test("an engine that hangs as a whole is found out by a few of its containers, and does not cost the deadline of each", async () => {
  await using bench = new MonitorBench();
  for (let number = 0; number < 200; number++) await bench.deployed(`s${number}`);
  await bench.monitor.start();
  const release = [bench.runtime.hang("list"), bench.runtime.hang("inspect")];
  await bench.advance(45_000);
  const components = await bench.registry.components();
  expect(components.every(({ observed }) => observed === "unknown")).toBe(true);
  for (const each of release) each();
  await bench.advance(35_000);
  expect((await bench.registry.components()).every(({ observed }) => observed === "running")).toBe(true);
});

test("an exit after an agent's start counts, whatever operators have had done before", async () => {
  await using bench = new MonitorBench({ flapThreshold: 1 });
  await bench.deployed("web");
  bench.timing.setWall(-5000);
  await bench.operate("web", "deploy", async () => {});
  bench.timing.setWall(5000);
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(2000);
  await bench.engine.start("web-api");
  await bench.advance(2000);
  bench.engine.exit("web-api", 1);
  await bench.advance(2000);
  expect(await bench.component("web")).toMatchObject({ flapping: true });
});
