/** Two agents on one machine, with one node's name, each with a registry of its own. */
import { beforeEach, expect, test } from "bun:test";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import { LABELS } from "../component/labels.ts";
import { componentFixture, registryFixture, serviceFixture } from "../registry/registry.fixture.ts";
import type { Registry } from "../registry/registry.ts";
import type { Engine } from "./create-engine.ts";
import { AGENT, addImages, deployInput, engineWorld, finished, NODE, type World } from "./engine.fixture.ts";

const OTHER = "b".repeat(32);
const web = (version: string) => serviceFixture({ components: [componentFixture({ image: `registry.test/web/api:${version}` })] });

let world: World;
let otherRegistry: Registry;
let other: Engine;

beforeEach(() => {
  world = engineWorld();
  addImages(world.runtime, "v1", "v2", "v3");
  otherRegistry = registryFixture();
  other = world.successor({ registry: otherRegistry, agent: OTHER });
});

const otherDeploys = (version: string) => finished(other.deploys.deploy("ben", deployInput(web(version))));

test("containers carry the id of the agent that made them", async () => {
  await world.deploy(web("v1"));
  expect((await world.runtime.inspect("web-api"))?.labels).toMatchObject({ [LABELS.agent]: AGENT, [LABELS.node]: NODE });
});

test("whatever an agent does with its service of the same name, the containers of the other one are left as they are", async () => {
  await world.deploy(web("v1"));
  await world.deploy(web("v2"));
  const before = await world.seen();
  expect(before).toEqual({ "web-api": "v2 running", "web-api.d1": "v1 exited" });
  const past = world.runtime.past.length;

  expect((await other.adoption.sync("ben", [web("v3")])).ignored).toEqual([]);
  expect((await otherDeploys("v3")).results).toMatchObject([
    { ok: false, error: expect.stringContaining(`made by the agent ${AGENT}`), hint: expect.stringContaining("another name") },
  ]);
  const plan = await other.deploys.plan({ what: { service: "web" } });
  expect(plan.components).toMatchObject([{ action: "refused" }]);
  for (const change of ["stop", "start", "restart"] as const)
    expect((await finished(other.lifecycle[change]("ben", { service: "web", requestId: "" }))).operation.state).toBe("failed");
  await expect(other.runs.heal("web", "api", "stopped")).rejects.toMatchObject({ reason: "HEAL_FAILED" });
  expect(await other.adoption.adopt("ben", "web")).toMatchObject([{ error: expect.stringContaining(`made by the agent ${AGENT}`) }]);
  expect((await finished(other.lifecycle.remove("ben", { service: "web", requestId: "" }))).operation.state).toBe("succeeded");

  expect(world.runtime.past.slice(past)).toEqual([]);
  expect(await world.seen()).toEqual(before);
  expect((await world.deploy(web("v3"))).results).toMatchObject([{ ok: true, deployment: 3 }]);
});

test("each has services of its own beside the other's, and names none of its containers as undeclared", async () => {
  await world.deploy(web("v1"));
  const shop = serviceFixture({ ...web("v1"), name: "shop" });
  expect((await finished(other.deploys.deploy("ben", deployInput(shop)))).results).toMatchObject([{ ok: true }]);
  expect((await other.adoption.sync("ben", [shop])).ignored).toEqual([]);
  expect((await world.engine.adoption.sync("anna", [web("v1")])).ignored).toEqual([]);
  await finished(other.lifecycle.remove("ben", { service: "shop", requestId: "" }));
  expect(Object.keys(await world.seen())).toEqual(["web-api"]);
});

test("an agent with an empty registry takes over what bears its own id, and nothing of another one", async () => {
  await world.deploy(web("v1"));
  expect(await other.rebuild()).toEqual([]);
  expect(await otherRegistry.services()).toEqual([]);
  const heir = world.successor({ registry: otherRegistry });
  expect(await heir.rebuild()).toMatchObject([{ container: "web-api", component: "api", desired: "running", error: "" }]);
});

test("a container with our labels that names no agent is of the agent whose registry knows its component", async () => {
  const labels = { [LABELS.managed]: "true", [LABELS.node]: NODE, [LABELS.service]: "web", [LABELS.component]: "api" };
  await world.deploy(web("v1"));
  await world.runtime.remove("web-api");
  await world.runtime.create(containerSpec({ name: "web-api", image: "registry.test/web/api:v1", labels }));
  await world.runtime.start("web-api");
  expect((await otherDeploys("v3")).results).toMatchObject([{ ok: false, error: expect.stringContaining("belongs to web/api") }]);
  await finished(other.lifecycle.remove("ben", { service: "web", requestId: "" }));
  expect(await world.seen()).toEqual({ "web-api": "registry.test/web/api:v1 running" });
  expect((await world.deploy(web("v2"))).results).toMatchObject([{ ok: true, action: "deployed" }]);
  expect((await world.runtime.inspect("web-api"))?.labels).toMatchObject({ [LABELS.agent]: AGENT });
  const lost = world.successor({ registry: registryFixture(), agent: "c".repeat(32) });
  expect(await lost.rebuild()).toEqual([]);
});

test("a host port that the other agent's container holds is not said to be held by a container that nobody has any more", async () => {
  const ports = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" as const }];
  const onPort = (name: string) => serviceFixture({ name, components: [componentFixture({ image: "registry.test/web/api:v1", ports })] });
  await world.deploy(onPort("web"));
  const [result] = (await finished(other.deploys.deploy("ben", deployInput(onPort("shop"))))).results;
  expect(result).toMatchObject({ ok: false, error: expect.stringContaining("who has it is no container of this agent") });
  expect(Object.keys(await world.seen())).toEqual(["web-api"]);
});
