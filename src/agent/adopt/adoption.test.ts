import { beforeEach, expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import type { FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";
import type { AdoptionUseCases } from "../agent-use-cases.ts";
import { LABELS } from "../component/labels.ts";
import { type Death, dyingRegistry } from "../engine/dying-registry.fixture.ts";
import { engineWorld, type World } from "../engine/engine.fixture.ts";
import { componentFixture, serviceFixture } from "../registry/registry.fixture.ts";
import type { Registry } from "../registry/registry.ts";

const IMAGE = "registry.test/crypt:v1.2.0";
let runtime: FakeRuntime;
let registry: Registry;
let adoption: AdoptionUseCases;

let world: World;

beforeEach(() => {
  world = engineWorld();
  ({ runtime, registry } = world);
  ({ adoption } = world.engine);
  runtime.addImage(IMAGE);
});

async function run(name: string, more: Partial<ContainerSpec> = {}): Promise<void> {
  await runtime.create(containerSpec({ name, image: IMAGE, network: "bridge", ...more }));
  await runtime.start(name);
}

const pidOf = async (name: string) => (await runtime.inspect(name))?.pid;
const desiredOf = async () =>
  Object.fromEntries((await registry.components()).map(({ service, name, desired }) => [`${service}/${name}`, desired]));
const actionsSince = (from: number) => runtime.past.slice(from).map(({ action }) => action);

test("containers of a service are adopted as they are: nothing is restarted, and what is wanted is the state they are in", async () => {
  await run("metacrypt-api");
  await run("metacrypt-web");
  await runtime.stop("metacrypt-web", 0);
  await run("other");
  const pid = await pidOf("metacrypt-api");
  const before = runtime.past.length;
  expect(await adoption.adopt("kyle", "metacrypt")).toEqual([
    { container: "metacrypt-api", component: "api", desired: "running", error: "" },
    { container: "metacrypt-web", component: "web", desired: "stopped", error: "" },
  ]);
  expect(await pidOf("metacrypt-api")).toBe(pid as number);
  expect(actionsSince(before)).toEqual([]);
  expect(await registry.service("metacrypt")).toMatchObject({ node: "here", active: true });
  const api = await registry.component("metacrypt", "api");
  expect(api).toMatchObject({ desired: "running", observed: "running", version: "v1.2.0", deployment: 1, spec: { image: IMAGE } });
  expect(api?.containerId).toBe((await runtime.inspect("metacrypt-api"))?.id as string);
  expect(await registry.component("metacrypt", "web")).toMatchObject({ desired: "stopped", observed: "exited", exitCode: 0 });
  expect(await registry.deployments("metacrypt", "api")).toMatchObject([{ number: 1, by: "kyle", image: IMAGE }]);
  expect((await registry.events({ service: "metacrypt", kind: "adopted" })).map(({ component, to }) => [component, to])).toEqual([
    ["api", "running"],
    ["web", "exited"],
  ]);
});

test("a service of one container of its own name has a component of that name, and one that is all stopped is not active", async () => {
  await runtime.create(containerSpec({ name: "mc-proxy", image: IMAGE }));
  expect(await adoption.adopt("kyle", "mc-proxy")).toEqual([
    { container: "mc-proxy", component: "mc-proxy", desired: "stopped", error: "" },
  ]);
  expect(await registry.service("mc-proxy")).toMatchObject({ active: false });
});

test("a second adoption changes nothing", async () => {
  await run("web-api");
  await adoption.adopt("kyle", "web");
  await registry.setDesired("web", "api", "stopped");
  const events = await registry.countEvents({});
  expect(await adoption.adopt("kyle", "web")).toEqual([{ container: "web-api", component: "api", desired: "stopped", error: "" }]);
  expect([await registry.countEvents({}), (await registry.deployments("web", "api")).length]).toEqual([events, 1]);
});

test("one that cannot be adopted says why, and the others are", async () => {
  await run("web-a");
  await run("web-b");
  runtime.edit("web-b", { loosened: ["privileged"] });
  await run("web-C");
  await run("web-d");
  runtime.edit("web-d", { state: "removing" });
  expect(await adoption.adopt("kyle", "web")).toEqual([
    { container: "web-C", component: "C", desired: "ignore", error: expect.stringContaining("'C' is no name of a component") },
    { container: "web-a", component: "a", desired: "running", error: "" },
    { container: "web-b", component: "b", desired: "ignore", error: "web-b cannot be adopted: it has what no component gets: privileged" },
    { container: "web-d", component: "d", desired: "ignore", error: "web-d is removing just now" },
  ]);
  expect(await desiredOf()).toEqual({ "web/a": "running" });
});

test("a service of which nothing was adopted is not there afterwards", async () => {
  await run("web-C");
  await adoption.adopt("kyle", "web");
  expect(await adoption.adopt("kyle", "none")).toEqual([]);
  expect(await registry.services()).toEqual([]);
});

test("a container of another name becomes the component's by adoption, and is not restarted", async () => {
  await run("legacy");
  const pid = await pidOf("legacy");
  expect(await adoption.adoptOne("kyle", { service: "web", container: "legacy", component: "api" })).toEqual({
    container: "legacy",
    component: "api",
    desired: "running",
    error: "",
  });
  expect([runtime.names, await pidOf("web-api")]).toEqual([["web-api"], pid]);
  expect((await registry.events({ kind: "adopted" }))[0]?.message).toContain("it was called legacy");
});

test("a name that is taken, by a container or another service's component, is not taken over", async () => {
  await run("legacy");
  await run("web-api");
  const adopt = (component: string) => adoption.adoptOne("kyle", { service: "web", container: "legacy", component });
  expect(await adopt("api")).toMatchObject({ error: "legacy would become web-api, and there is such a container" });
  await registry.saveService(serviceFixture({ name: "web-x", components: [componentFixture({ name: "y" })] }), new Date(0));
  expect((await adopt("x-y")).error).not.toBe("");
  expect(runtime.names).toEqual(["legacy", "web-api"]);
  await expect(adoption.adoptOne("kyle", { service: "web", container: "none" })).rejects.toMatchObject({
    code: "not_found",
    reason: "CONTAINER_NOT_FOUND",
  });
});

test("a component that was declared before keeps its definition, and is neither stopped nor started", async () => {
  await registry.saveService(serviceFixture({ active: false }), new Date(0));
  await run("web-api");
  expect(await adoption.adopt("kyle", "web")).toMatchObject([{ component: "api", desired: "running", error: "" }]);
  expect(await registry.component("web", "api")).toMatchObject({ spec: componentFixture(), deployment: 1, desired: "running" });
  expect((await registry.events({ kind: "adopted" }))[0]?.message).toContain("Adopted by kyle");
});

test("where the image's name stands for another one by now, the definition has the image's id", async () => {
  await run("web-api");
  const { imageId } = (await runtime.inspect("web-api")) ?? { imageId: "" };
  runtime.addImage(IMAGE, { content: "newer" });
  await adoption.adopt("kyle", "web");
  expect((await registry.component("web", "api"))?.spec.image).toBe(imageId);
});

test("a restart policy of its own is told: the next deploy does away with it", async () => {
  await run("web-api");
  runtime.edit("web-api", { restartPolicy: "always" });
  await adoption.adopt("kyle", "web");
  expect((await registry.events({ kind: "adopted" }))[0]?.message).toContain("its restart_policy differs from the definition");
});

test("a folder that a deploy would not bind is told", async () => {
  await run("web-api");
  const guardBinds = async () => {
    throw new AppError("denied", "BIND_NOT_ALLOWED", "A component may not bind /etc on this node");
  };
  const strict = engineWorld({ guardBinds, registry });
  strict.runtime.addImage(IMAGE);
  await strict.runtime.create(containerSpec({ name: "web-api", image: IMAGE }));
  expect(await strict.engine.adoption.adopt("kyle", "web")).toMatchObject([{ error: "" }]);
  expect((await registry.events({ kind: "adopted" }))[0]?.message).toContain(
    "a deploy of it would be refused: A component may not bind /etc",
  );
});

test("nothing is adopted into a service while an operation holds it", async () => {
  await registry.saveService(serviceFixture(), new Date(0));
  const held = { id: "op_1", kind: "deploy", service: "web", component: "", requestId: "", caller: "ann", input: "{}" } as const;
  await registry.beginOperation({ ...held, startedAt: new Date(0) });
  await run("web-api");
  await expect(adoption.adopt("kyle", "web")).rejects.toMatchObject({
    code: "conflict",
    reason: "SERVICE_BUSY",
    message: expect.stringContaining("ann holds the service web with a deploy"),
  });
});

test("an adoption is an operation: who deploys meanwhile is told who holds the service, and it stands in the list", async () => {
  await run("web-api");
  const release = world.faulty.hang("inspect");
  const adopted = adoption.adopt("kyle", "web");
  while (world.faulty.count("inspect") === 0) await new Promise(setImmediate);
  const busy = { reason: "SERVICE_BUSY", message: expect.stringMatching(/^kyle holds the service web with an adoption since /) };
  await expect(world.deploy(serviceFixture())).rejects.toMatchObject(busy);
  expect((await adoption.sync("ben", [serviceFixture()])).results).toMatchObject([
    { change: "failed", error: expect.stringContaining("kyle") },
  ]);
  release();
  await adopted;
  const [operation] = await registry.operations({ limit: 1 });
  expect(operation).toMatchObject({ kind: "adopt", caller: "kyle", state: "succeeded", results: expect.stringContaining("adopted") });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])(
  "an agent that is killed at write %p of an adoption has it finished by the next one",
  async (writes) => {
    const death: Death = { isDead: false, writesLeft: writes, when: "after", died: Promise.withResolvers() };
    const first = world.successor({ registry: dyingRegistry(registry, death), runtime });
    await run("legacy");
    void first.adoption.adoptOne("kyle", { service: "web", container: "legacy", component: "api" });
    await death.died.promise;
    const next = world.successor();
    await next.recover();
    while (next.runs.busy("web")) await new Promise(setImmediate);
    expect(await registry.component("web", "api")).toMatchObject({ deployment: 1, observed: "running", desired: "running" });
    expect(await registry.deployments("web", "api")).toHaveLength(1);
    expect(await registry.operations({ limit: 9 })).toMatchObject([{ kind: "adopt", state: "succeeded" }]);
    expect(runtime.names).toEqual(["web-api"]);
  },
);

test("a registry that was lost is filled from the labels of containers, which go on running", async () => {
  const labels = (service: string, component: string, node = "here") => ({
    labels: { [LABELS.managed]: "true", [LABELS.node]: node, [LABELS.service]: service, [LABELS.component]: component },
  });
  await run("web-api", labels("web", "api"));
  await run("web-api.d3", labels("web", "api"));
  await run("db", labels("db", "db"));
  await runtime.stop("db", 0);
  await run("web-other", labels("web", "other", "there"));
  await run("web-stranger");
  const before = runtime.past.length;
  expect(await world.engine.rebuild()).toEqual([
    { container: "db", component: "db", desired: "stopped", error: "" },
    { container: "web-api", component: "api", desired: "running", error: "" },
  ]);
  expect(actionsSince(before)).toEqual([]);
  expect(await desiredOf()).toEqual({ "db/db": "stopped", "web/api": "running" });
  expect(await registry.component("web", "api")).toMatchObject({ deployment: 1, spec: { labels: {}, image: IMAGE } });
});

test("what was a secret is one in a registry that is filled anew, and its value is not in it", async () => {
  const secrets = JSON.stringify({ ADDRESS: "keys/a" });
  const labels = {
    [LABELS.managed]: "true",
    [LABELS.node]: "here",
    [LABELS.service]: "web",
    [LABELS.component]: "api",
    [LABELS.secrets]: secrets,
  };
  await run("web-api", { labels, env: { ADDRESS: "hush", LEVEL: "info" } });
  await world.engine.rebuild();
  expect(await registry.component("web", "api")).toMatchObject({ spec: { env: { LEVEL: "info" }, secrets: { ADDRESS: "keys/a" } } });
  expect((await registry.events({ kind: "adopted" }))[0]?.message).toBe("Adopted by agent");
});

const web = (change: Parameters<typeof serviceFixture>[0] = {}) => serviceFixture(change);

test("a sync creates services, and says what is wanted of their components", async () => {
  const { results, ignored } = await adoption.sync("kyle", [web(), web({ name: "off", active: false })]);
  expect(results).toEqual([
    { service: "web", change: "created", details: ["api: running"], error: "" },
    { service: "off", change: "created", details: ["api: stopped"], error: "" },
  ]);
  expect(ignored).toEqual([]);
  expect(await desiredOf()).toEqual({ "off/api": "stopped", "web/api": "running" });
});

test("a sync brings a known service up to its definition, says what changed, and a second one finds nothing", async () => {
  await adoption.sync("kyle", [web({ components: [componentFixture(), componentFixture({ name: "old" })] })]);
  const changed = web({
    active: false,
    selfHeal: "alert",
    components: [componentFixture({ image: "registry.test/web/api:v2", env: { A: "1" } }), componentFixture({ name: "new" })],
  });
  expect((await adoption.sync("kyle", [changed])).results).toEqual([
    {
      service: "web",
      change: "updated",
      details: [
        "active: true → false",
        "self_heal: heal → alert",
        "api: env, image registry.test/web/api:v1 → registry.test/web/api:v2",
        "api: running → stopped",
        "new: new, stopped",
        "old: not declared any more, its container is left alone",
      ],
      error: "",
    },
  ]);
  expect(await desiredOf()).toEqual({ "web/api": "stopped", "web/new": "stopped", "web/old": "ignore" });
  expect((await adoption.sync("kyle", [changed])).results).toEqual([{ service: "web", change: "unchanged", details: [], error: "" }]);
});

test("containers that nobody has declared are ignored and named; ours and those of another agent are not among them", async () => {
  const managed = (node: string, component: string) => ({
    labels: { [LABELS.managed]: "true", [LABELS.node]: node, [LABELS.service]: "web", [LABELS.component]: component },
  });
  await run("stranger");
  await run("web-api");
  await run("web-api.prev", managed("here", "api"));
  await run("web-lost", managed("here", "lost"));
  await run("web-there", managed("there", "api"));
  const before = runtime.past.length;
  expect((await adoption.sync("kyle", [web()])).ignored).toEqual(["stranger", "web-lost"]);
  expect(actionsSince(before)).toEqual([]);
  expect(await desiredOf()).toEqual({ "web/api": "running" });
});

test("a service for another node, one that is defined twice and one whose container another service has are refused, and the others are synced", async () => {
  const { results } = await adoption.sync("kyle", [
    web({ name: "elsewhere", node: "there" }),
    web({ components: [componentFixture({ name: "api-x" })] }),
    web({ name: "web" }),
    web({ name: "web-api", components: [componentFixture({ name: "x" })] }),
    web({ name: "last" }),
  ]);
  expect(results.map(({ service, change }) => [service, change])).toEqual([
    ["elsewhere", "failed"],
    ["web", "created"],
    ["web", "failed"],
    ["web-api", "failed"],
    ["last", "created"],
  ]);
  expect(results.map(({ error }) => error)).toEqual([
    "elsewhere is for the node there, and this is here",
    "",
    "web is defined twice",
    expect.stringContaining("web-api-x"),
    "",
  ]);
});
