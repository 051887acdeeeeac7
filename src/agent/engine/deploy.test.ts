import { expect, test } from "bun:test";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { LABELS } from "../component/labels.ts";
import type { ProbeVerdict } from "../probe/prober.ts";
import { componentFixture, serviceFixture } from "../registry/registry.fixture.ts";
import { addImages, deployInput, engineWorld, finished, NODE, type World } from "./engine.fixture.ts";

const api = (tag: string, more: Parameters<typeof componentFixture>[0] = {}) =>
  componentFixture({ image: `registry.test/web/api:${tag}`, ...more });
const web = (...components: ServiceDefinition["components"]) => serviceFixture({ components });

function world(): World {
  const made = engineWorld();
  addImages(made.runtime, "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8");
  return made;
}

test("a first deploy makes, starts and records every component, hardened and labelled", async () => {
  const { runtime, registry, deploy, seen } = world();
  const report = await deploy(web(api("v1"), api("v2", { name: "db" })));
  expect(report.operation).toMatchObject({ state: "succeeded", kind: "deploy", service: "web", caller: "anna", error: "" });
  expect(report.results).toMatchObject([
    { component: "api", ok: true, action: "deployed", version: "v1", deployment: 1 },
    { component: "db", ok: true, action: "deployed", version: "v2", deployment: 1 },
  ]);
  expect(await seen()).toEqual({ "web-api": "v1 running", "web-db": "v2 running" });
  const info = await runtime.inspect("web-api");
  expect(info?.labels).toMatchObject({
    [LABELS.managed]: "true",
    [LABELS.node]: NODE,
    [LABELS.service]: "web",
    [LABELS.component]: "api",
    [LABELS.deployment]: "1",
    [LABELS.operation]: report.operation.id,
  });
  expect(info?.spec).toMatchObject({ capDrop: ["ALL"], noNewPrivileges: true, pids: 256, network: "bridge" });
  const record = await registry.component("web", "api");
  expect(record).toMatchObject({ desired: "running", observed: "running", version: "v1", deployment: 1, containerId: info?.id });
  const [deployment] = await registry.deployments("web", "api");
  expect(deployment).toMatchObject({ number: 1, image: "registry.test/web/api:v1", imageDigest: info?.imageDigest, by: "anna" });
  expect(await registry.events({ kind: "deployed" })).toMatchObject([
    { component: "api", from: "", to: "d1" },
    { component: "db", from: "", to: "d1" },
  ]);
});

test("a new version takes over, and the old one is kept stopped with its image", async () => {
  const { runtime, deploy, seen, drained } = world();
  await deploy(web(api("v1")));
  const old = (await runtime.inspect("web-api"))?.id ?? "";
  const report = await deploy(web(api("v2")));
  expect(report.steps.map(({ name }) => name)).toEqual([
    "record",
    "resolve",
    "create",
    "rename_old",
    "rename_new",
    "start_new",
    "gate",
    "commit",
    "retire_old",
  ]);
  expect(report.steps.every(({ state }) => state === "done")).toBe(true);
  expect(await seen()).toEqual({ "web-api": "v2 running", "web-api.d1": "v1 exited" });
  expect(drained).toEqual([old]);
  expect(await runtime.image("localhost/mcpctl/kept/web-api:d1")).toMatchObject({ id: (await runtime.inspect(old))?.imageId });
});

test("the same definition again changes nothing: not one write reaches the engine", async () => {
  const { faulty, deploy, engine } = world();
  const definition = web(api("v1", { env: { A: "b" }, volumes: [{ source: "data", target: "/data", readOnly: false }] }));
  await deploy(definition);
  const writes = faulty.writes.length;
  const plan = await engine.deploys.plan({ what: { definition } });
  expect(plan.components).toEqual([{ component: "api", action: "none", diffs: [], reason: "" }]);
  expect((await deploy(definition)).results).toMatchObject([{ action: "unchanged", deployment: 1 }]);
  expect(faulty.writes.length).toBe(writes);
});

test("both containers run until the new one has proved itself, and calls go to the old one till then", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  const old = await made.runtime.inspect("web-api");
  const during: unknown[] = [];
  made.probe = async ({ name }) => {
    if (name !== "web-api") return undefined;
    during.push({ ...(await made.seen()), busy: made.engine.runs.busy("web"), serving: made.engine.runs.serving("web", "api") });
    return { ok: true, detail: "" };
  };
  await made.deploy(web(api("v2")));
  expect(during[0]).toEqual({ "web-api": "v2 running", "web-api.prev": "v1 running", busy: true, serving: old?.id });
  expect(made.engine.runs.busy("web")).toBe(false);
  expect(made.engine.runs.serving("web", "api")).toBeUndefined();
});

test.each([
  ["a host port", { ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" as const }] }],
  ["a volume that is written to", { volumes: [{ source: "data", target: "/data", readOnly: false }] }],
  ["its own order", { updateOrder: "stop-first" as const }],
])("with %s the old container stops first, and the plan says why", async (_, more) => {
  const made = world();
  await made.deploy(web(api("v1", more)));
  const definition = web(api("v2", more));
  const { components } = await made.engine.deploys.plan({ what: { definition } });
  expect(components).toMatchObject([{ action: "replace-stop-first", reason: expect.stringMatching(/./), diffs: [{ field: "image" }] }]);
  const states: unknown[] = [];
  made.probe = async () => void states.push(await made.seen());
  const report = await made.deploy(definition);
  expect(report.steps.map(({ name }) => name)).toContain("stop_old");
  expect(states[0]).toEqual({ "web-api": "v2 running", "web-api.prev": "v1 exited" });
});

test("where the old container stops first it is said how long nothing served, also where it is back; else nothing is said", async () => {
  const made = world();
  const more = { updateOrder: "stop-first" as const };
  await made.deploy(web(api("v1", more)));
  let looks = 0;
  made.probe = () => ({ ok: ++looks > 3, detail: "", layer: "port", reason: "not yet" }) as ProbeVerdict;
  expect((await made.deploy(web(api("v2", more)))).results).toMatchObject([{ ok: true, hint: "nothing served it for 0.9 s" }]);
  made.probe = () => ({ ok: false, layer: "port", reason: "never" });
  const [back] = (await made.deploy(web(api("v1", more)))).results;
  expect(back?.error).toMatch(/the version before serves; nothing served it for \d+\.\d s$/);
  made.probe = () => undefined;
  expect((await made.deploy(web(api("v1")))).results).toMatchObject([{ ok: true, hint: "" }]);
});

test("a gate that fails leaves the old version serving, and says layer, deadline and last lines", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  const before = await made.runtime.inspect("web-api");
  const healthcheck = { probe: { kind: "tcp", port: 80 }, intervalMs: 500, timeoutMs: 100, retries: 3, deadlineMs: 3000 } as const;
  made.probe = ({ name }) => {
    made.runtime.print(name, "cannot open the config\n");
    return { ok: false, layer: "port", reason: "port 80 refuses" };
  };
  const report = await made.deploy(web(api("v2", { healthcheck })));
  expect(report.operation.state).toBe("rolled_back");
  const [result] = report.results;
  expect(result).toMatchObject({ ok: false, action: "rolled back" });
  for (const part of ["within 3 s", "layer port: port 80 refuses", "cannot open the config", "the version before serves"]) {
    expect(result?.error).toContain(part);
  }
  const gate = report.steps.find(({ name }) => name === "gate");
  expect(gate).toMatchObject({ state: "failed", detail: expect.stringContaining("look 8: port: port 80 refuses") });
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
  expect(await made.runtime.inspect("web-api")).toEqual(before);
  expect(await made.registry.component("web", "api")).toMatchObject({ spec: api("v1"), deployment: 1, desired: "running" });
});

test("a new container that ends is not waited for", async () => {
  const made = world();
  made.runtime.behave("registry.test/web/api:v2", { exitsWith: 3 });
  const before = made.clock.now();
  const report = await made.deploy(web(api("v2")));
  expect(report.results[0]?.error).toMatch(/it ended \(layer process: exited with 3\)/);
  expect(made.clock.now()).toEqual(before);
  expect(await made.seen()).toEqual({});
  expect(await made.registry.component("web", "api")).toMatchObject({ desired: "running", deployment: 0 });
});

test("an image is pulled where it is missing, progress is told, and a failed pull leaves the others deployed", async () => {
  const made = world();
  made.runtime.offer("registry.test/far:1");
  const definition = web(
    api("v1", { name: "gone", image: "registry.test/none:1" }),
    api("v1", { name: "far", image: "registry.test/far:1" }),
    api("v1", { name: "local", image: "localhost/none:1" }),
  );
  const begun = await made.engine.deploys.deploy("anna", deployInput(definition));
  const told: string[] = [];
  made.engine.feed.listen(begun.id, (news) => void (news.kind === "step" && told.push(`${news.step.name} ${news.step.detail}`)));
  const report = await begun.finished();
  expect(report.operation.state).toBe("partial");
  expect(report.results).toMatchObject([
    { component: "gone", ok: false, error: expect.stringContaining("could not be pulled") },
    { component: "far", ok: true, action: "deployed" },
    { component: "local", ok: false, error: expect.stringContaining("not on this machine") },
  ]);
  expect(told).toContain("pull Trying to pull registry.test/far:1");
  expect(made.faulty.count("pull", "localhost/none:1")).toBe(0);
});

test("a tag that has moved is another image where it is pulled always, and the same where it is not", async () => {
  const made = world();
  const definition = web(api("v1"));
  await made.deploy(definition);
  made.runtime.offer("registry.test/web/api:v1", { content: "newer" });
  expect((await made.deploy(definition)).results).toMatchObject([{ action: "unchanged" }]);
  expect((await made.deploy(definition, { pull: "never" })).results).toMatchObject([{ action: "unchanged" }]);
  expect((await made.deploy(definition, { pull: "always" })).results).toMatchObject([{ action: "deployed", deployment: 2 }]);
});

test("one component is deployed alone: the others' containers and specs stay", async () => {
  const made = world();
  await made.deploy(web(api("v1"), api("v1", { name: "db" })));
  const report = await made.deploy(web(api("v2"), api("v2", { name: "db" })), { component: "db" });
  expect(report.results).toMatchObject([{ component: "db", action: "deployed" }]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running", "web-db": "v2 running", "web-db.d1": "v1 exited" });
  expect((await made.registry.component("web", "api"))?.spec).toEqual(api("v1"));
  const unknown = made.engine.deploys.deploy("anna", deployInput(web(api("v1")), { component: "none" }));
  await expect(unknown).rejects.toMatchObject({ code: "not_found", reason: "COMPONENT_NOT_FOUND" });
});

test("components are deployed after those they depend on, and one whose first dependency fails is not begun", async () => {
  const made = world();
  const report = await made.deploy(web(api("v1", { dependsOn: ["db"] }), api("v1", { name: "db" })));
  expect(report.results.map(({ component }) => component)).toEqual(["db", "api"]);
  const other = serviceFixture({
    name: "other",
    components: [api("v1", { dependsOn: ["db"] }), api("v1", { name: "db", image: "localhost/none" }), api("v1", { name: "free" })],
  });
  expect((await made.deploy(other)).results).toMatchObject([
    { component: "db", ok: false, action: "failed" },
    { component: "api", ok: false, action: "not begun", error: expect.stringContaining("db") },
    { component: "free", ok: true, action: "deployed" },
  ]);
});

const three = (tag: string, second = tag) =>
  web(api(tag, { name: "a" }), api(tag, { name: "b", image: `registry.test/web/api:${second}` }), api(tag, { name: "c" }));

test("after a failure the others go on, or stop, and the same deploy again finishes", async () => {
  const made = world();
  await made.deploy(three("v1"));
  const stopped = await made.deploy(three("v2", "none"), { onFailure: "stop" });
  expect(stopped.operation.state).toBe("partial");
  expect(stopped.results.map(({ action }) => action)).toEqual(["deployed", "failed", "not begun"]);
  expect(await made.seen()).toMatchObject({ "web-a": "v2 running", "web-b": "v1 running", "web-c": "v1 running" });
  const again = await made.deploy(three("v2"), { onFailure: "stop" });
  expect(again.results.map(({ action }) => action)).toEqual(["unchanged", "deployed", "deployed"]);
});

test("after a failure those that were deployed go back where that is wished", async () => {
  const made = world();
  await made.deploy(three("v1"));
  const report = await made.deploy(three("v2", "none"), { onFailure: "revert" });
  expect(report.operation.state).toBe("rolled_back");
  expect(report.results).toMatchObject([
    { component: "a", ok: false, action: "rolled back", deployment: 1 },
    { component: "b", ok: false, action: "failed" },
    { component: "c", ok: false, action: "not begun" },
  ]);
  expect(await made.seen()).toMatchObject({ "web-a": "v1 running", "web-b": "v1 running", "web-c": "v1 running" });
  expect(await made.registry.component("web", "a")).toMatchObject({ deployment: 1, spec: { image: "registry.test/web/api:v1" } });
  const fresh = { ...three("v2", "none"), name: "fresh" };
  expect((await made.deploy(fresh, { onFailure: "revert" })).operation.state).toBe("rolled_back");
  expect(Object.keys(await made.seen()).filter((name) => name.startsWith("fresh"))).toEqual([]);
});

test("a component that is not in the definition any more goes with its service's next deploy, and its kept ones too", async () => {
  const made = world();
  await made.deploy(web(api("v1"), api("v1", { name: "db" })));
  await made.deploy(web(api("v1"), api("v2", { name: "db" })));
  const definition = web(api("v1"));
  const { components } = await made.engine.deploys.plan({ what: { definition } });
  expect(components).toMatchObject([
    { component: "api", action: "none" },
    { component: "db", action: "remove" },
  ]);
  const report = await made.deploy(definition);
  expect(report.results).toMatchObject([{ action: "unchanged" }, { component: "db", ok: true, action: "removed" }]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
  expect(await made.registry.component("web", "db")).toBeUndefined();
  expect(await made.runtime.image("localhost/mcpctl/kept/web-db:d1")).toBeUndefined();
});

test("a service that is not active is written down and stopped, and can be deployed by its name", async () => {
  const made = world();
  await made.deploy(web(api("v1")));
  const report = await made.deploy({ ...web(api("v1")), active: false });
  expect(report.results).toMatchObject([{ action: "stopped" }]);
  expect(await made.registry.component("web", "api")).toMatchObject({ desired: "stopped", observed: "stopped" });
  await made.registry.updateService("web", { active: true }, made.clock.now());
  const named = await finished(made.engine.deploys.deploy("anna", { ...deployInput(web()), what: { service: "web" } }));
  expect(named.results).toMatchObject([{ action: "started" }]);
  expect(await made.seen()).toEqual({ "web-api": "v1 running" });
  const unknown = made.engine.deploys.deploy("anna", { ...deployInput(web()), what: { service: "none" } });
  await expect(unknown).rejects.toMatchObject({ code: "not_found", reason: "SERVICE_NOT_FOUND" });
});

test("secrets come from files, make another container when they change, and are shown in no plan", async () => {
  const made = world();
  made.secrets.set("web/keys/a", "hush-1");
  const definition = web(api("v1", { secrets: { KEY: "keys/a" } }));
  await made.deploy(definition);
  expect((await made.runtime.inspect("web-api"))?.spec.env).toEqual({ KEY: "hush-1" });
  made.secrets.set("web/keys/a", "hush-2");
  const plan = await made.engine.deploys.plan({ what: { definition } });
  expect(plan.components).toMatchObject([{ action: "replace-start-first", diffs: [{ field: "env.KEY", want: "[redacted]" }] }]);
  const report = await made.deploy(definition);
  expect(report.results).toMatchObject([{ action: "deployed" }]);
  expect(JSON.stringify([plan, report, await made.registry.components(), await made.registry.operations({ limit: 9 })])).not.toMatch(
    /hush/,
  );
  made.secrets.clear();
  expect((await made.deploy(web(api("v2", { secrets: { KEY: "keys/a" } })))).results).toMatchObject([{ ok: false }]);
  expect(await made.seen()).toMatchObject({ "web-api": "v1 running" });
});

test("a secret stays one when the definition forgets it: nobody gets its value, or a hash to guess it from", async () => {
  const made = world();
  made.secrets.set("web/keys/a", "hush");
  const secret = web(api("v1", { secrets: { ADDRESS: "keys/a" } }));
  await made.deploy(secret);
  const before = await made.engine.deploys.plan({ what: { definition: secret } });
  const forgotten = await made.engine.deploys.plan({ what: { definition: web(api("v1")) } });
  expect(forgotten.components).toMatchObject([{ diffs: [{ field: "env.ADDRESS", want: "(not set)", have: "[redacted]" }] }]);
  const { labels } = (await made.runtime.inspect("web-api")) as ContainerInfo;
  expect(JSON.parse(labels["io.mcpctl.secrets"] ?? "")).toEqual({ ADDRESS: "keys/a" });
  made.secrets.set("web/keys/a", "other");
  expect((await made.engine.deploys.plan({ what: { definition: secret } })).token).not.toBe(before.token);
  await made.deploy(secret);
  expect((await made.runtime.inspect("web-api"))?.labels["io.mcpctl.spec-hash"]).toBe(labels["io.mcpctl.spec-hash"] as string);
});

test("a plan that is agreed to is carried out, and refused when the wish or the state is another one by then", async () => {
  const made = world();
  const definition = web(api("v1"));
  const { token } = await made.engine.deploys.plan({ what: { definition } });
  await made.deploy(web(api("v2")));
  const stale = { code: "precondition", reason: "PLAN_STALE", message: expect.stringContaining("api replace-start-first") };
  await expect(made.deploy(definition, { planToken: token })).rejects.toMatchObject(stale);
  expect(await made.seen()).toEqual({ "web-api": "v2 running" });
  const fresh = await made.engine.deploys.plan({ what: { definition } });
  await expect(made.deploy(web(api("v3")), { planToken: fresh.token })).rejects.toMatchObject({ reason: "PLAN_STALE" });
  expect((await made.deploy(definition, { planToken: fresh.token })).operation.state).toBe("succeeded");
});

test("two callers: one deploys, the other is told who and since when; a repeated request is one operation", async () => {
  const made = world();
  const gate = Promise.withResolvers<undefined>();
  made.probe = () => gate.promise;
  const input = deployInput(web(api("v1")), { requestId: "same" });
  const first = await made.engine.deploys.deploy("anna", input);
  const busy = { code: "conflict", reason: "SERVICE_BUSY", message: expect.stringMatching(/^anna .* since 2026-06-01T12/) };
  await expect(made.engine.deploys.deploy("ben", { ...input, requestId: "other" })).rejects.toMatchObject(busy);
  const again = await made.engine.deploys.deploy("anna", input);
  gate.resolve(undefined);
  const reports = await Promise.all([first, again, await made.engine.deploys.deploy("anna", input)].map((each) => each.finished()));
  expect(new Set(reports.map(({ operation }) => operation.id)).size).toBe(1);
  expect(reports.map(({ results }) => results[0]?.action)).toEqual(["deployed", "deployed", "deployed"]);
  expect(await made.registry.operations({ limit: 9 })).toHaveLength(1);
  const reused = made.engine.lifecycle.stop("anna", { service: "web", requestId: "same" });
  await expect(reused).rejects.toMatchObject({ code: "conflict", reason: "REQUEST_ID_REUSED" });
});

test("a node that takes no deploys refuses them before anything is written", async () => {
  const made = world();
  made.isOpen = false;
  await expect(made.deploy(web(api("v1")))).rejects.toThrow("drained");
  expect(await made.registry.services()).toEqual([]);
  await expect(made.engine.deploys.rollback("anna", { service: "web", requestId: "" })).rejects.toThrow("drained");
  expect((await made.engine.deploys.plan({ what: { definition: web(api("v1")) } })).components).toHaveLength(1);
});
