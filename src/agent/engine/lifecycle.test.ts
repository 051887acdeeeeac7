import { expect, test } from "bun:test";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import { runtimeTimeout } from "../../runtime/runtime-errors.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { componentFixture, serviceFixture } from "../registry/registry.fixture.ts";
import { addImages, deployInput, engineWorld, finished, type World } from "./engine.fixture.ts";

const api = (tag: string, more: Parameters<typeof componentFixture>[0] = {}) =>
  componentFixture({ image: `registry.test/web/api:${tag}`, ...more });
const web = (...components: ServiceDefinition["components"]) => serviceFixture({ components });

/** `api` depends on `db`; both run. */
async function running(): Promise<World> {
  const world = engineWorld();
  addImages(world.runtime, "v1", "v2");
  await world.deploy(web(api("v1", { dependsOn: ["db"] }), api("v1", { name: "db" })));
  return world;
}

type Verb = "stop" | "start" | "restart" | "remove";
const act = (world: World, verb: Verb, component?: string) =>
  finished(world.engine.lifecycle[verb]("ben", { service: "web", requestId: "", ...(component === undefined ? {} : { component }) }));

test("a stop stops each component, the ones that need others first, and has them stay stopped", async () => {
  const world = await running();
  const report = await act(world, "stop");
  expect(report.results).toMatchObject([
    { component: "api", ok: true, action: "stopped" },
    { component: "db", ok: true, action: "stopped" },
  ]);
  expect(await world.seen()).toEqual({ "web-api": "v1 exited", "web-db": "v1 exited" });
  for (const record of await world.registry.components()) expect(record).toMatchObject({ desired: "stopped", observed: "stopped" });
  expect(await world.registry.service("web")).toMatchObject({ active: false });
  expect((await act(world, "stop")).operation.state).toBe("succeeded");
});

test("a start starts what is stopped and makes what is gone anew, each after those it depends on", async () => {
  const world = await running();
  await act(world, "stop");
  await world.runtime.remove("web-db");
  const report = await act(world, "start");
  expect(report.results).toMatchObject([
    { component: "db", ok: true, action: "started", deployment: 1 },
    { component: "api", ok: true, action: "started", deployment: 1 },
  ]);
  expect(await world.seen()).toEqual({ "web-api": "v1 running", "web-db": "v1 running" });
  for (const record of await world.registry.components())
    expect(record).toMatchObject({ desired: "running", observed: "running", deployment: 1 });
  expect(await world.registry.service("web")).toMatchObject({ active: true });
  expect((await act(world, "start")).results.map(({ action }) => action)).toEqual(["unchanged", "unchanged"]);
});

test("a restart cycles each component and asks for nothing else", async () => {
  const world = await running();
  const calls = world.faulty.writes.length;
  const report = await act(world, "restart");
  expect(report.results.map(({ component, action }) => `${component} ${action}`)).toEqual(["db restarted", "api restarted"]);
  const made = world.faulty.writes.slice(calls).map(({ call }) => call);
  expect(made).toEqual(["stop", "start", "stop", "start"]);
  for (const record of await world.registry.components()) expect(record).toMatchObject({ desired: "running", observed: "running" });
});

test("one component is stopped alone, and the service stays active", async () => {
  const world = await running();
  expect((await act(world, "stop", "db")).results).toHaveLength(1);
  expect(await world.seen()).toEqual({ "web-api": "v1 running", "web-db": "v1 exited" });
  expect(await world.registry.service("web")).toMatchObject({ active: true });
  await expect(act(world, "stop", "none")).rejects.toMatchObject({ code: "not_found", reason: "COMPONENT_NOT_FOUND" });
});

test("a removal takes containers, kept ones and images along, and the service with its last component", async () => {
  const world = await running();
  await world.deploy(web(api("v2", { dependsOn: ["db"] }), api("v1", { name: "db" })));
  expect((await act(world, "remove", "db")).results).toMatchObject([{ component: "db", action: "removed" }]);
  expect(await world.registry.service("web")).toBeDefined();
  await act(world, "remove");
  expect(await world.seen()).toEqual({});
  expect(await world.registry.services()).toEqual([]);
  expect(await world.runtime.image("localhost/mcpctl/kept/web-api:d1")).toBeUndefined();
  await expect(act(world, "remove")).rejects.toMatchObject({ code: "not_found", reason: "SERVICE_NOT_FOUND" });
});

test("a component that fails to start says so, and the others are started all the same", async () => {
  const world = await running();
  await act(world, "stop");
  world.runtime.behave("web-db", { exitsWith: 7 });
  const report = await act(world, "start");
  expect(report.operation.state).toBe("partial");
  expect(report.results).toMatchObject([
    { component: "db", ok: false, error: expect.stringContaining("exited with 7") },
    { component: "api", ok: true, action: "started" },
  ]);
  expect(await world.registry.component("web", "db")).toMatchObject({ desired: "running", observed: "stopped" });
});

test("somebody else's container is neither stopped nor removed", async () => {
  const world = engineWorld();
  addImages(world.runtime, "v1");
  await world.registry.saveService(web(api("v1")), world.clock.now());
  await world.runtime.create(containerSpec({ name: "web-api", image: "registry.test/web/api:v1" }));
  await world.runtime.start("web-api");
  expect((await act(world, "stop")).results).toMatchObject([{ ok: false, error: expect.stringContaining("belongs to nobody") }]);
  expect((await act(world, "remove")).results).toMatchObject([{ ok: true, action: "removed" }]);
  expect(Object.values(await world.seen())).toEqual(["registry.test/web/api:v1 running"]);
});

test("what should run is healed: started where it has ended, made anew where it is gone, from the image that was deployed", async () => {
  const world = await running();
  const { heal } = world.engine.runs;
  await heal("web", "api", "exited");
  world.runtime.exit("web-api", 1);
  await heal("web", "api", "exited");
  const [operation] = await world.registry.operations({ limit: 1 });
  expect(operation).toMatchObject({ kind: "heal", caller: "agent", state: "succeeded", results: expect.stringContaining("started") });
  const image = (await world.runtime.inspect("web-api"))?.imageId;
  await world.runtime.remove("web-api");
  world.runtime.addImage("registry.test/web/api:v1", { content: "moved" });
  await heal("web", "api", "removed");
  const again = await world.runtime.inspect("web-api");
  expect(again).toMatchObject({ imageId: image, state: "running" });
  await heal("web", "api", "unhealthy");
  expect((await world.runtime.inspect("web-api"))?.id).not.toBe(again?.id);
  expect(Object.keys(await world.seen())).toEqual(["web-db", "web-api"]);
  expect(await world.registry.deployments("web", "api")).toHaveLength(1);
});

test("a healed component is not waited for, and a heal that fails says why", async () => {
  const world = await running();
  world.probe = () => ({ ok: false, layer: "port", reason: "not yet" });
  await world.runtime.remove("web-api");
  await world.engine.runs.heal("web", "api", "removed");
  expect((await world.seen())["web-api"]).toBe("v1 running");
  await world.runtime.remove("web-api");
  world.faulty.fail("create", runtimeTimeout("create", 30_000), { times: 1 });
  const failing = world.engine.runs.heal("web", "api", "removed");
  await expect(failing).rejects.toMatchObject({ code: "unavailable", reason: "HEAL_FAILED", message: expect.stringContaining("create") });
  await expect(world.engine.runs.heal("web", "none", "removed")).rejects.toMatchObject({ reason: "COMPONENT_NOT_FOUND" });
});

test("what should not run is stopped by its healing, and what nobody has declared is left alone", async () => {
  const world = await running();
  await world.registry.setDesired("web", "api", "stopped");
  await world.engine.runs.heal("web", "api", "unwanted");
  expect((await world.seen())["web-api"]).toBe("v1 exited");
  await world.registry.setDesired("web", "db", "ignore");
  await world.engine.runs.heal("web", "db", "unwanted");
  expect((await world.seen())["web-db"]).toBe("v1 running");
});

test("an agent that ends interrupts what it does, and its successor finishes it", async () => {
  const world = await running();
  world.faulty.hang("stop");
  const begun = await world.engine.lifecycle.stop("ben", { service: "web", requestId: "r" });
  const over = begun.finished().catch((thrown) => thrown);
  while (world.faulty.count("stop") === 0) await new Promise(setImmediate);
  await world.engine.close();
  expect(await over).toMatchObject({ code: "canceled", reason: "OPERATION_INTERRUPTED" });
  await expect(act(world, "start")).rejects.toMatchObject({ code: "unavailable", reason: "AGENT_ENDING" });
  expect(await world.registry.operation(begun.id)).toMatchObject({ state: "running" });
  const next = world.successor();
  await next.recover();
  const report = await (await next.lifecycle.stop("ben", { service: "web", requestId: "r" })).finished();
  expect(report).toMatchObject({ operation: { id: begun.id, state: "succeeded" } });
  expect(await world.seen()).toEqual({ "web-api": "v1 exited", "web-db": "v1 exited" });
});

test("a container whose stop was broken off is stopped whole: before it is started again, and when it is put away", async () => {
  const world = await running();
  world.runtime.breakOffStop("web-api");
  expect((await act(world, "start")).results).toMatchObject([{ component: "db" }, { component: "api", ok: true, action: "started" }]);
  const stops = world.faulty.count("stop");
  world.faulty.hang("stop");
  const begun = await world.engine.deploys.deploy("ben", deployInput(web(api("v2"), api("v1", { name: "db" }))));
  const over = begun.finished().catch((thrown) => thrown);
  while (world.faulty.count("stop") === stops) await new Promise(setImmediate);
  await world.engine.close();
  expect(await over).toMatchObject({ reason: "OPERATION_INTERRUPTED" });
  world.runtime.breakOffStop("web-api.prev");
  const next = world.successor();
  await next.recover();
  while (next.runs.busy("web")) await new Promise(setImmediate);
  expect(await world.seen()).toEqual({ "web-api": "v2 running", "web-api.d1": "v1 exited", "web-db": "v1 running" });
});

test("an operation during which the agent was killed twice is ended and not tried again", async () => {
  const world = await running();
  await world.registry.beginOperation({
    id: "op_x",
    kind: "start",
    service: "web",
    component: "",
    requestId: "",
    caller: "ben",
    input: "{}",
    startedAt: world.clock.now(),
  });
  await world.registry.beginStep({ operationId: "op_x", component: "", name: "recover", data: "{}", startedAt: world.clock.now() });
  const writes = world.faulty.writes.length;
  const next = world.successor({ runtime: world.faulty });
  await next.recover();
  while (next.runs.busy("web")) await new Promise(setImmediate);
  expect(await world.registry.operation("op_x")).toMatchObject({ state: "failed", error: expect.stringContaining("twice") });
  expect(await world.registry.steps("op_x")).toMatchObject([{ state: "failed", detail: "the agent ended" }]);
  expect(world.faulty.writes.length).toBe(writes);
});
