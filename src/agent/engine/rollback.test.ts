import { expect, test } from "bun:test";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { componentFixture, serviceFixture } from "../registry/registry.fixture.ts";
import { addImages, engineWorld, finished, type World } from "./engine.fixture.ts";

const api = (tag: string, more: Parameters<typeof componentFixture>[0] = {}) =>
  componentFixture({ image: `registry.test/web/api:${tag}`, ...more });
const web = (...components: ServiceDefinition["components"]) => serviceFixture({ components });
const TAGS = ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"];

async function deployed(...tags: readonly string[]): Promise<World> {
  const world = engineWorld();
  addImages(world.runtime, ...TAGS);
  for (const tag of tags) await world.deploy(web(api(tag)));
  return world;
}

const rollBack = (world: World, to?: number) =>
  finished(world.engine.deploys.rollback("ben", { service: "web", requestId: "", ...(to === undefined ? {} : { to }) }));

test("a rollback puts the version before in place, its spec in the registry, and pulls nothing", async () => {
  const world = await deployed("v1", "v2");
  const old = await world.runtime.inspect("web-api.d1");
  const report = await rollBack(world);
  expect(report.operation).toMatchObject({ kind: "rollback", state: "succeeded", caller: "ben" });
  expect(report.results).toMatchObject([{ action: "rolled back", deployment: 1, version: "v1", containerId: old?.id }]);
  expect(await world.seen()).toEqual({ "web-api": "v1 running", "web-api.d2": "v2 exited" });
  expect(await world.registry.component("web", "api")).toMatchObject({ deployment: 1, spec: api("v1"), version: "v1" });
  expect([world.faulty.count("pull"), world.faulty.count("create")]).toEqual([0, 2]);
  const plan = await world.engine.deploys.plan({ what: { service: "web" } });
  expect(plan.components).toMatchObject([{ action: "none" }]);
});

test("each of the last five versions can be gone back to, those before are gone with their images", async () => {
  for (const to of [2, 3, 4, 5, 6]) {
    const world = await deployed("v1", "v2", "v3", "v4", "v5", "v6", "v7");
    expect(Object.keys(await world.seen()).sort()).toEqual(["web-api", ...[2, 3, 4, 5, 6].map((number) => `web-api.d${number}`)]);
    expect(await world.runtime.image("localhost/mcpctl/kept/web-api:d1")).toBeUndefined();
    expect(await world.runtime.image("localhost/mcpctl/kept/web-api:d2")).toBeDefined();
    expect((await rollBack(world, to)).results).toMatchObject([{ action: "rolled back", deployment: to }]);
    expect((await world.seen())["web-api"]).toBe(`v${to} running`);
    const gone = rollBack(world, 1);
    await expect(gone).rejects.toMatchObject({ code: "precondition", reason: "NOTHING_TO_ROLL_BACK_TO" });
  }
});

test("a kept container that somebody has removed is made anew from its image, which no prune has taken", async () => {
  const world = await deployed("v1", "v2");
  await world.runtime.remove("web-api.d1");
  await world.runtime.removeImage("registry.test/web/api:v1");
  expect((await rollBack(world)).results).toMatchObject([{ action: "rolled back", deployment: 1 }]);
  expect(await world.seen()).toEqual({ "web-api": "v1 running", "web-api.d2": "v2 exited" });
  await world.runtime.remove("web-api.d2");
  await world.runtime.removeImage("registry.test/web/api:v2");
  await world.runtime.removeImage("localhost/mcpctl/kept/web-api:d2");
  const report = await rollBack(world, 2);
  expect(report.results).toMatchObject([{ ok: false, error: expect.stringContaining("registry.test/web/api:v2 of deployment 2") }]);
  expect(await world.seen()).toEqual({ "web-api": "v1 running" });
});

test("after a rollback the next one goes to what was good, and not to the version that was left", async () => {
  const world = await deployed("v1", "v2", "v3");
  await rollBack(world);
  expect((await world.seen())["web-api"]).toBe("v2 running");
  await world.deploy(web(api("v4")));
  expect(await world.registry.component("web", "api")).toMatchObject({ deployment: 4 });
  await rollBack(world);
  expect((await world.seen())["web-api"]).toBe("v2 running");
  await rollBack(world, 4);
  expect((await world.seen())["web-api"]).toBe("v4 running");
});

test("a rollback whose version fails its gate leaves the current one serving and the other kept", async () => {
  const world = await deployed("v1", "v2");
  world.runtime.behave("registry.test/web/api:v1", { exitsWith: 1 });
  const report = await rollBack(world);
  expect(report.results).toMatchObject([{ ok: false, error: expect.stringContaining("the version before serves") }]);
  expect(await world.seen()).toEqual({ "web-api": "v2 running", "web-api.d1": "v1 exited" });
  expect(await world.registry.component("web", "api")).toMatchObject({ deployment: 2, spec: api("v2") });
});

test("components that have no version before are left alone, and where none has one it is refused", async () => {
  const world = await deployed("v1");
  await expect(rollBack(world)).rejects.toMatchObject({ code: "precondition", reason: "NOTHING_TO_ROLL_BACK_TO" });
  await world.deploy(web(api("v2"), api("v1", { name: "db" })));
  const report = await rollBack(world);
  expect(report.results.map(({ component }) => component)).toEqual(["api"]);
  const unknown = world.engine.deploys.rollback("ben", { service: "web", component: "none", requestId: "" });
  await expect(unknown).rejects.toMatchObject({ code: "not_found", reason: "COMPONENT_NOT_FOUND" });
});

test("a repeated request is one operation, also when there is nothing left to do it to", async () => {
  const world = await deployed("v1", "v2");
  const rollback = () => world.engine.deploys.rollback("ben", { service: "web", requestId: "once" });
  const first = await finished(rollback());
  expect((await finished(rollback())).operation).toEqual(first.operation);
  expect(await world.seen()).toEqual({ "web-api": "v1 running", "web-api.d2": "v2 exited" });
  const remove = () => world.engine.lifecycle.remove("ben", { service: "web", requestId: "gone" });
  const removed = await finished(remove());
  expect((await finished(remove())).operation).toEqual(removed.operation);
});

test("what was adopted can be gone back to; where it fails its gate then, it is kept and the current version serves", async () => {
  for (const exitsWith of [undefined, 1]) {
    const world = engineWorld();
    addImages(world.runtime, ...TAGS);
    await world.runtime.create(containerSpec({ name: "web-api", image: "registry.test/web/api:v1" }));
    await world.runtime.start("web-api");
    await world.engine.adoption.adopt("anna", "web");
    const adopted = await world.runtime.inspect("web-api");
    await world.deploy(web(api("v2")));
    if (exitsWith !== undefined) world.runtime.behave("registry.test/web/api:v1", { exitsWith });
    const report = await rollBack(world);
    expect(report.results).toMatchObject([{ ok: exitsWith === undefined }]);
    const [name, other] = exitsWith === undefined ? ["web-api", "web-api.d2"] : ["web-api.d1", "web-api"];
    expect((await world.runtime.inspect(name))?.id).toBe(adopted?.id as string);
    expect(Object.keys(await world.seen()).sort()).toEqual([name, other].sort());
    expect((await world.seen())["web-api"]).toContain("running");
  }
});
