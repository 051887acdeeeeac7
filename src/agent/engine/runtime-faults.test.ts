import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";
import { containerHalfMade, diskFull, runtimeTimeout, runtimeUnavailable } from "../../runtime/runtime-errors.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { LABELS } from "../component/labels.ts";
import { componentFixture, serviceFixture } from "../registry/registry.fixture.ts";
import { addImages, engineWorld, finished, type World } from "./engine.fixture.ts";

const api = (tag: string, more: Parameters<typeof componentFixture>[0] = {}) =>
  componentFixture({ image: `registry.test/web/api:${tag}`, ...more });
const web = (...components: ServiceDefinition["components"]) => serviceFixture({ components });
const PORT = { ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" as const }] };

function world(): World {
  const made = engineWorld();
  addImages(made.runtime, "v1", "v2", "v3");
  return made;
}

test("a container of somebody else that has the name is left alone", async () => {
  const made = world();
  const foreign = containerSpec({ name: "web-api", image: "registry.test/web/api:v3" });
  await made.runtime.create(foreign);
  await made.runtime.start("web-api");
  const report = await made.deploy(web(api("v1")));
  expect(report.results).toMatchObject([
    { ok: false, error: expect.stringContaining("nobody whom this agent knows"), hint: expect.stringContaining("adopt") },
  ]);
  expect(await made.seen()).toEqual({ "web-api": "registry.test/web/api:v3 running" });
  expect(made.faulty.writes).toEqual([]);
});

test("a container of the same name that is another agent's is left alone", async () => {
  const made = world();
  const labels = { [LABELS.managed]: "true", [LABELS.node]: "other", [LABELS.service]: "web", [LABELS.component]: "api" };
  await made.runtime.create(containerSpec({ name: "web-api", image: "registry.test/web/api:v3", labels }));
  expect((await made.deploy(web(api("v1")))).results).toMatchObject([
    { ok: false, error: expect.stringContaining("web/api of the node other") },
  ]);
});

test("a plan says of each component what a deploy of it would be refused for, and plans the others", async () => {
  const guardBinds = async (_service: string, spec: Pick<ContainerSpec, "mounts">) => {
    if (spec.mounts.length > 0) throw new AppError("denied", "BIND_NOT_ALLOWED", "A component may not bind /etc on this node");
  };
  const made = engineWorld({ guardBinds });
  addImages(made.runtime, "v1");
  await made.runtime.create(containerSpec({ name: "web-api", image: "registry.test/web/api:v1" }));
  const volumes = [{ source: "/etc", target: "/etc", readOnly: true }];
  const definition = web(api("v1"), api("v1", { name: "bound", volumes }), api("v1", { name: "good" }));
  const plan = await made.engine.deploys.plan({ what: { definition } });
  expect(plan.components).toMatchObject([
    { component: "api", action: "refused", reason: expect.stringContaining("belongs to nobody") },
    { component: "bound", action: "refused", reason: expect.stringContaining("may not bind /etc") },
    { component: "good", action: "create", reason: "" },
  ]);
  const report = await made.deploy(definition, { planToken: plan.token });
  expect(report.results.map(({ ok }) => ok)).toEqual([false, false, true]);
  made.faulty.goAway();
  await expect(made.engine.deploys.plan({ what: { definition } })).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
});

test("a name that only the engine's storage knows is told from one that is taken, and the old version serves", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  made.runtime.addGhost("web-db");
  expect((await made.deploy(web(api("v1", { name: "db" })), { component: "db" })).results).toMatchObject([
    {
      ok: false,
      error: expect.stringContaining("a container that is not there"),
      hint: expect.stringContaining("podman rm --storage"),
    },
  ]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
});

test("what an engine has left under the name of the next container is removed, and the deploy goes on", async () => {
  const made = world();
  for (const version of ["v1", "v2"]) {
    made.runtime.addGhost("web-api.next");
    expect((await made.deploy(web(api(version)))).results).toMatchObject([{ ok: true }]);
    expect((await made.seen())["web-api"]).toBe(`${version} running`);
  }
});

test("whose a taken port is, is said: another component's, a left over container's, or a stranger's", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  await made.deploy(serviceFixture({ name: "other", components: [api("v1", PORT)] }));
  const ofComponent = { ok: false, error: expect.stringContaining("is that of the component other/api") };
  expect((await made.deploy(web(api("v2", PORT)))).results).toMatchObject([ofComponent]);
  expect(await made.seen()).toMatchObject({ "web-api": "v1 running", "other-api": "v1 running" });
  await made.runtime.rename("other-api", "lost");
  const ofOrphan = { ok: false, error: expect.stringContaining("held by lost"), hint: "remove it: podman rm -f lost" };
  expect((await made.deploy(web(api("v2", PORT)))).results).toMatchObject([ofOrphan]);
  await made.runtime.remove("lost");
  made.runtime.occupyPort(8080);
  const ofStranger = { ok: false, error: expect.stringContaining("no container of this agent") };
  expect((await made.deploy(web(api("v2", PORT)))).results).toMatchObject([ofStranger]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
});

test.each([
  ["create", diskFull("no space left on device")],
  ["start", runtimeTimeout("start", 30_000)],
  ["rename", runtimeTimeout("rename", 30_000)],
  ["tagImage", runtimeUnavailable("gone")],
] as const)("where %s fails the old version serves, and the same deploy again succeeds", async (call, fault) => {
  const made = world();
  await made.deploy(web(api("v1")));
  const takeBack = made.faulty.fail(call, fault, { times: 1 });
  const report = await made.deploy(web(api("v2")));
  takeBack();
  expect(report.results).toMatchObject([{ ok: false, error: expect.stringContaining(fault.message) }]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
  expect((await made.deploy(web(api("v2")))).results).toMatchObject([{ ok: true, deployment: 2 }]);
  expect(await made.seen()).toEqual({ "web-api": "v2 running", "web-api.d1": "v1 exited" });
});

test.each(["create", "start", "rename"] as const)("where the answer of %s is lost, nothing is doubled", async (call) => {
  const made = world();
  await made.deploy(web(api("v1")));
  made.faulty.fail(call, runtimeTimeout(call, 30_000), { times: 1, done: true });
  expect((await made.deploy(web(api("v2")))).results).toMatchObject([{ ok: false }]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
});

test("an old container that does not stop is killed and kept, and where it cannot be it goes: never are there two", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  made.faulty.fail("stop", runtimeTimeout("stop", 30_000), { times: 1 });
  expect((await made.deploy(web(api("v2")))).results).toMatchObject([{ ok: true, action: "deployed", hint: "" }]);
  expect(await made.seen()).toEqual({ "web-api": "v2 running", "web-api.d1": "v1 exited" });
  const takeBack = made.faulty.fail("stop", runtimeTimeout("stop", 30_000));
  made.faulty.fail("kill", runtimeTimeout("kill", 30_000), { times: 1 });
  expect((await made.deploy(web(api("v3")))).results).toMatchObject([{ ok: true, hint: "" }]);
  expect(await made.seen()).toEqual({ "web-api": "v3 running", "web-api.d1": "v1 exited" });
  takeBack();
  const back = await finished(made.engine.deploys.rollback("ben", { service: "web", requestId: "" }));
  expect(back.results).toMatchObject([{ action: "rolled back", deployment: 2 }]);
  expect(await made.seen()).toMatchObject({ "web-api": "v2 running", "web-api.d3": "v3 exited" });
});

test("an old container that must go first and does not stop goes on serving", async () => {
  const made = world();
  await made.deploy(web(api("v1", PORT)));
  made.faulty.fail("stop", runtimeTimeout("stop", 30_000));
  made.faulty.fail("kill", runtimeTimeout("kill", 30_000));
  expect((await made.deploy(web(api("v2", PORT)))).results).toMatchObject([{ ok: false, error: expect.stringContaining("stop") }]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
});

test("a container that was left half started is made again: in a deploy, a start and a heal", async () => {
  const made = world();
  const halfMade = () => made.faulty.fail("start", containerHalfMade("web-api"), { times: 1 });
  halfMade();
  expect((await made.deploy(web(api("v1")))).results).toMatchObject([{ ok: true, action: "deployed" }]);
  const act = { service: "web", requestId: "" };
  for (const verb of ["start", "heal", "deploy"] as const) {
    const before = await made.runtime.inspect("web-api");
    await finished(made.engine.lifecycle.stop("ben", act));
    halfMade();
    if (verb === "start") expect((await finished(made.engine.lifecycle.start("ben", act))).results).toMatchObject([{ action: "started" }]);
    if (verb === "deploy") expect((await made.deploy(web(api("v1")))).results).toMatchObject([{ action: "deployed" }]);
    if (verb === "heal") {
      await made.registry.setDesired("web", "api", "running");
      await made.engine.runs.heal("web", "api", "exited");
    }
    const after = await made.runtime.inspect("web-api");
    expect([after?.state, after?.id === before?.id]).toEqual(["running", false]);
  }
});

test("what an operation could neither commit nor undo gives its place back to what was there before", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  const old = await made.runtime.inspect("web-api");
  let back = () => {};
  made.faulty.before(
    "start",
    () => {
      back = made.faulty.goAway();
    },
    { times: 1 },
  );
  await made.deploy(web(api("v2")));
  back();
  expect(await made.seen()).toMatchObject({ "web-api.prev": "v1 running" });
  await made.engine.runs.heal("web", "api", "exited");
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
  expect((await made.runtime.inspect("web-api"))?.id).toBe(old?.id as string);
});

test("an engine that goes away in the midst leaves what the next deploy finds and tidies up", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  let back = () => {};
  const goAway = () => {
    back = made.faulty.goAway();
  };
  made.faulty.before("start", () => goAway(), { times: 1 });
  const report = await made.deploy(web(api("v2")));
  expect(report.results).toMatchObject([{ ok: false, error: expect.stringContaining("could not be brought back") }]);
  back();
  expect((await made.deploy(web(api("v3")))).results).toMatchObject([{ ok: true, action: "deployed" }]);
  expect((await made.seen())["web-api"]).toBe("v3 running");
  expect(Object.keys(await made.seen()).filter((name) => /next|prev/.test(name))).toEqual([]);
});

test("a registry that cannot end an operation holds the service no longer than that", async () => {
  const made = engineWorld({
    wrap: (registry) => {
      let fails = 1;
      return {
        ...registry,
        endOperation: async (...input) => (fails-- > 0 ? Promise.reject(new Error("disk full")) : registry.endOperation(...input)),
      };
    },
  });
  addImages(made.runtime, "v1", "v2");
  await expect(made.deploy(web(api("v1")))).rejects.toThrow("disk full");
  await expect(made.deploy(web(api("v2")))).rejects.toMatchObject({ reason: "SERVICE_BUSY" });
  for (let attempt = 0; attempt < 100 && made.engine.runs.busy("web"); attempt += 1) await new Promise(setImmediate);
  expect((await made.deploy(web(api("v2")))).results).toMatchObject([{ ok: true }]);
});
