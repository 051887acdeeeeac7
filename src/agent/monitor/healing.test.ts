import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { MonitorBench } from "./monitor.fixture.ts";

const MINUTE = 60_000;

test("what should run is put right at once, then ever later, and a flood of restarts never comes: seven in the first minute", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  bench.engine.behave("web-api", { exitsWith: 1 });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(MINUTE);
  expect(bench.heals[0]?.at).toBeLessThan(1000);
  expect(bench.heals.length).toBeGreaterThanOrEqual(4);
  expect(bench.heals.length).toBeLessThanOrEqual(7);
  expect(await bench.told("flap")).toEqual(["api flap >"]);
  expect(bench.alerted.filter((each) => each.includes("flap"))).toEqual(["api flap firing"]);
  expect(await bench.component("web")).toMatchObject({ flapping: true });
});

test("what was flapping and runs on is told to be over, once, and counts its restarts", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  bench.engine.behave("web-api", { exitsWith: 1 });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(MINUTE);
  bench.engine.behave("web-api", {});
  await bench.advance(30 * MINUTE);
  expect(await bench.told("flap_resolved")).toEqual(["api flap_resolved >"]);
  expect(bench.alerted.filter((each) => each.includes("flap"))).toEqual(["api flap firing", "api flap resolved"]);
  expect(await bench.component("web")).toMatchObject({ flapping: false, observed: "running", restarts: bench.heals.length });
});

test("what is stopped while it flaps stays stopped", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  bench.engine.behave("web-api", { exitsWith: 1 });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(20_000);
  await bench.operate("web", "stop", async () => {
    await bench.registry.setDesired("web", "api", "stopped");
    await bench.engine.stop("web-api", 0);
  });
  const before = bench.heals.length;
  await bench.advance(5 * MINUTE);
  expect(bench.heals.length).toBe(before);
  expect(await bench.component("web")).toMatchObject({ observed: "stopped", desired: "stopped" });
});

test("what runs and should not is stopped", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.registry.setDesired("web", "api", "stopped");
  await bench.monitor.start();
  await bench.advance(2000);
  expect(bench.heals.map(({ reason }) => reason)).toEqual(["unwanted"]);
  expect(await bench.component("web")).toMatchObject({ observed: "stopped" });
});

test("a service that only wants to be told of is not touched", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "alert" });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(MINUTE);
  expect(bench.heals).toEqual([]);
  expect(bench.alerted).toEqual(["api drift firing"]);
});

test("what was only declared, and what nobody has declared, is not begun behind an operator's back", async () => {
  await using bench = new MonitorBench();
  const { componentFixture, serviceFixture } = await import("../registry/registry.fixture.ts");
  await bench.registry.saveService(serviceFixture({ name: "new", components: [componentFixture()] }), bench.timing.now());
  await bench.deployed("foreign", { selfHeal: "heal" });
  await bench.registry.setDesired("foreign", "api", "ignore");
  await bench.monitor.start();
  bench.engine.exit("foreign-api", 1);
  await bench.advance(5 * MINUTE);
  expect(bench.heals).toEqual([]);
  expect((await bench.events()).filter(({ service }) => service === "foreign")).toEqual([]);
});

test("nothing is told or put right while an operation holds the service, and what it has done is no flapping", async () => {
  await using bench = new MonitorBench({ flapThreshold: 1 });
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  for (let round = 0; round < 5; round++) {
    await bench.operate("web", "restart", async () => {
      await bench.engine.stop("web-api", 0);
      await bench.advance(5000);
      await bench.engine.start("web-api");
    });
    await bench.advance(5000);
  }
  expect([bench.heals, bench.alerts]).toEqual([[], []]);
  expect(await bench.component("web")).toMatchObject({ observed: "running", flapping: false });
});

test("components come up in the order that they depend on each other", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal", components: [{ name: "api", dependsOn: ["db"] }, { name: "db" }] });
  bench.engine.reboot();
  await bench.monitor.start();
  await bench.advance(5000);
  expect(bench.heals.map(({ name }) => name)).toEqual(["web-db", "web-api"]);
});

test("after a reboot all that should run does within a minute, and nothing that should not", async () => {
  await using bench = new MonitorBench();
  for (let number = 0; number < 100; number++) await bench.deployed(`s${number}`, { selfHeal: "heal" });
  for (let number = 0; number < 20; number++) await bench.registry.setDesired(`s${number}`, "api", "stopped");
  bench.engine.reboot();
  await bench.monitor.start();
  await bench.advance(MINUTE);
  const components = await bench.registry.components();
  expect(components.filter(({ observed }) => observed === "running")).toHaveLength(80);
  expect(components.filter(({ desired, observed }) => desired === "stopped" && observed === "running")).toEqual([]);
});

test("a heal that fails is tried again ever later, and one that finds the service held is tried again soon", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  let isHeld = true;
  bench.heal = async () => {
    if (isHeld) throw new AppError("conflict", "SERVICE_BUSY", "held by ann");
    throw new AppError("unavailable", "PULL_FAILED", "no such image");
  };
  bench.engine.exit("web-api", 1);
  await bench.advance(3000);
  expect(bench.heals.length).toBeGreaterThan(2);
  isHeld = false;
  const before = bench.heals.length;
  await bench.advance(MINUTE);
  expect(bench.heals.length - before).toBeLessThanOrEqual(7);
  expect(await bench.component("web")).toMatchObject({ restarts: 0, observed: "exited" });
});

test("what an operator has stopped between the decision and the deed is not started", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  const { component } = bench.registry;
  bench.registry.component = async (...key) => {
    await bench.registry.setDesired("web", "api", "stopped");
    return component(...key);
  };
  bench.engine.exit("web-api", 1);
  await bench.advance(MINUTE);
  expect(bench.heals).toEqual([]);
});

test("operations that are over before anybody looked are no flapping either", async () => {
  await using bench = new MonitorBench({ flapThreshold: 1 });
  await bench.deployed("web", { selfHeal: "heal" });
  await bench.monitor.start();
  for (let round = 0; round < 5; round++) {
    await bench.operate("web", "restart", async () => {
      await bench.engine.stop("web-api", 0);
      bench.timing.setWall(10);
      await bench.engine.start("web-api");
    });
    await bench.advance(5000);
  }
  expect([bench.heals, bench.alerts, await bench.told()]).toEqual([[], [], []]);
  expect(await bench.component("web")).toMatchObject({ observed: "running", flapping: false });
  bench.engine.exit("web-api", 1);
  await bench.advance(5000);
  expect(await bench.told("state")).toEqual(["api state running>exited", "api state exited>running"]);
});
