import { expect, test } from "bun:test";
import type { Healthcheck } from "../../service-definition/service-definition.ts";
import { MonitorBench } from "./monitor.fixture.ts";

const CHECK: Healthcheck = { probe: { kind: "tcp", port: 1 }, intervalMs: 10_000, timeoutMs: 1000, retries: 3, deadlineMs: 5000 };
const CLOSED = { ok: false, layer: "port", reason: "nothing listens there" } as const;

async function watched(selfHeal: "heal" | "alert") {
  const bench = new MonitorBench();
  await bench.deployed("web", { selfHeal, components: [{ healthcheck: CHECK }] });
  await bench.monitor.start();
  await bench.advance(2000);
  return bench;
}

test("each component is looked at in its own interval", async () => {
  await using bench = await watched("alert");
  expect(await bench.component("web")).toMatchObject({ health: "healthy", reason: "" });
  const before = bench.probes;
  await bench.advance(60_000);
  expect(bench.probes - before).toBeGreaterThanOrEqual(5);
  expect(bench.probes - before).toBeLessThanOrEqual(7);
});

test("after its retries it is unhealthy, told once and with the reason, and told when it is well again", async () => {
  await using bench = await watched("alert");
  bench.verdict = CLOSED;
  await bench.advance(15_000);
  expect(await bench.component("web")).toMatchObject({ health: "healthy" });
  await bench.advance(60_000);
  expect(await bench.component("web")).toMatchObject({ health: "unhealthy", reason: "port: nothing listens there" });
  bench.verdict = { ok: true, detail: "port 1 takes connections" };
  await bench.advance(15_000);
  expect(await bench.told("health")).toEqual([
    "api health starting>healthy",
    "api health healthy>unhealthy",
    "api health unhealthy>healthy",
  ]);
  expect(bench.alerted).toEqual(["api health firing", "api health resolved"]);
});

test("what a deploy has found healthy is healthy from then on, and what is started by hand has to show it again", async () => {
  await using bench = await watched("alert");
  bench.verdict = CLOSED;
  const restart = async () => {
    await bench.engine.stop("web-api", 0);
    await bench.advance(10);
    await bench.engine.start("web-api");
  };
  await bench.operate("web", "deploy", async () => {
    await restart();
    const { id: containerId, startedAt = new Date(0) } = (await bench.engine.inspect("web-api")) ?? { id: "" };
    await bench.registry.observe([
      { service: "web", component: "api", observed: "running", at: bench.timing.now(), containerId, startedAt },
    ]);
    await bench.registry.setHealth("web", "api", "healthy", "");
  });
  await bench.advance(1500);
  expect(await bench.component("web")).toMatchObject({ health: "healthy" });
  await restart();
  await bench.advance(1500);
  expect(await bench.component("web")).toMatchObject({ health: "starting" });
});

test("what does not answer is started anew, and has its deadline again", async () => {
  await using bench = await watched("heal");
  bench.verdict = CLOSED;
  const heal = bench.heal;
  bench.heal = async (...about) => {
    await heal(...about);
    bench.verdict = { ok: true, detail: "" };
  };
  await bench.advance(60_000);
  expect(bench.heals.map(({ reason }) => reason)).toEqual(["unhealthy"]);
  expect(await bench.component("web")).toMatchObject({ health: "healthy", restarts: 1 });
});

test("nobody looks at what does not run, or while an operation holds it", async () => {
  await using bench = await watched("alert");
  bench.busy.add("web");
  const before = bench.probes;
  await bench.advance(30_000);
  bench.busy.delete("web");
  bench.engine.exit("web-api", 0);
  await bench.advance(30_000);
  expect(bench.probes).toBe(before);
  expect(await bench.component("web")).toMatchObject({ health: "none" });
});

test("what an operation has waited for is healthy at once, and looked at again soon", async () => {
  await using bench = await watched("alert");
  const { probes } = bench;
  bench.verdict = CLOSED;
  await bench.operate("web", "restart", async () => {
    await bench.engine.stop("web-api", 0);
    bench.timing.setWall(10);
    await bench.engine.start("web-api");
    // A look at it comes meanwhile, and is over before the next second.
    await bench.advance(300);
    await bench.registry.setHealth("web", "api", "healthy", "");
  });
  await bench.advance(1100);
  expect(await bench.component("web")).toMatchObject({ health: "healthy" });
  await bench.advance(1000);
  expect(bench.probes).toBe(probes + 1);
});

test("what starts again by itself has to show first that it is healthy", async () => {
  await using bench = await watched("alert");
  bench.verdict = CLOSED;
  bench.engine.exit("web-api", 1);
  await bench.engine.start("web-api");
  await bench.advance(2200);
  expect(await bench.component("web")).toMatchObject({ observed: "running", health: "starting" });
});

test("a drained node is watched, and left as it is", async () => {
  await using bench = await watched("heal");
  bench.drained = true;
  bench.engine.exit("web-api", 3);
  await bench.advance(60_000);
  expect(await bench.component("web")).toMatchObject({ observed: "exited", exitCode: 3 });
  expect([bench.heals, bench.alerts]).toEqual([[], []]);
  bench.drained = false;
  await bench.advance(5000);
  expect(await bench.component("web")).toMatchObject({ observed: "running", health: "healthy" });
});
