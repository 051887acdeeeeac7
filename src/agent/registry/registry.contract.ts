import { expect, test } from "bun:test";
import { componentFixture, serviceFixture } from "./registry.fixture.ts";
import type { OperationRecord, Registry, StateEvent } from "./registry.ts";

/** An empty registry, closed afterwards. */
export type WithRegistry = (run: (registry: Registry) => Promise<void>) => Promise<void>;

const at = new Date("2026-03-04T05:06:07.008Z");
const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);

/** Every field is said, in ways that a careless adapter would lose. */
const FULL = componentFixture({
  name: "full",
  network: "back",
  user: "10001:10001",
  ports: [
    { hostPort: 8080, hostAddress: "0.0.0.0", containerPort: 80, protocol: "tcp" },
    { containerPort: 53, protocol: "udp" },
  ],
  volumes: [
    { source: "/srv/web/data", target: "/data", readOnly: false },
    { source: "named", target: "/named", readOnly: true },
  ],
  cmd: ["serve", "--name", 'with "quotes"', ""],
  entrypoint: ["/é"],
  env: { EMPTY: "", TEXT: "a=b\n😀" },
  secrets: { KEY: "secrets/key" },
  labels: { "org.example": "x" },
  dependsOn: ["api"],
  healthcheck: { probe: { kind: "mcp", path: "/mcp", port: 80 }, intervalMs: 500, timeoutMs: 400, retries: 3, deadlineMs: 30_000 },
  resources: { memoryBytes: 1, cpuMillis: 2, pids: 3 },
  updateOrder: "stop-first",
});

const OPERATION = {
  id: "op_1",
  kind: "deploy",
  service: "web",
  component: "",
  requestId: "req_1",
  caller: "anna",
  input: '{"a":1}',
  startedAt: at,
} as const satisfies Partial<OperationRecord>;

const EVENT: Omit<StateEvent, "id"> = {
  at,
  service: "web",
  component: "api",
  kind: "state",
  from: "running",
  to: "exited",
  message: "it ended",
};

/** What every adapter of `Registry` does. */
export function registryContract(name: string, withRegistry: WithRegistry): void {
  const itPromises = (title: string, run: (registry: Registry) => Promise<void>) => test(`${name}: ${title}`, () => withRegistry(run));
  services(itPromises);
  components(itPromises);
  observations(itPromises);
  deployments(itPromises);
  operations(itPromises);
  events(itPromises);
}

type Promised = (title: string, run: (registry: Registry) => Promise<void>) => void;

function services(itPromises: Promised): void {
  itPromises("services are created, read, listed by name, changed and deleted", async (registry) => {
    expect(await registry.services()).toEqual([]);
    expect(await registry.service("web")).toBeUndefined();
    expect(await registry.saveService(serviceFixture({ comment: "two words" }), at)).toEqual({ created: true, gone: [] });
    await registry.saveService(serviceFixture({ name: "cache", active: false, selfHeal: "alert" }), at);
    expect((await registry.services()).map((service) => service.name)).toEqual(["cache", "web"]);
    const web = { name: "web", node: "here", active: true, selfHeal: "heal", comment: "two words", updatedAt: at } as const;
    expect(await registry.service("web")).toEqual(web);
    await registry.updateService("web", { active: false }, later(1));
    expect(await registry.service("web")).toEqual({ ...web, active: false, updatedAt: later(1) });
    await registry.updateService("web", { selfHeal: "alert", comment: "" }, later(2));
    expect(await registry.service("web")).toMatchObject({ active: false, selfHeal: "alert", comment: "" });
    const unknown = { code: "not_found", reason: "SERVICE_NOT_FOUND" };
    await expect(registry.updateService("none", { active: true }, at)).rejects.toMatchObject(unknown);
    await registry.deleteService("web");
    await registry.deleteService("web");
    expect((await registry.services()).map((service) => service.name)).toEqual(["cache"]);
  });

  itPromises(
    "a service that is deleted takes its components, their deployments and its events along, and nobody else's",
    async (registry) => {
      for (const service of ["web", "cache"]) {
        await registry.saveService(serviceFixture({ name: service }), at);
        await registry.addDeployment(deploymentOf(service), 5);
        await registry.addEvents([{ ...EVENT, service }]);
      }
      await registry.deleteService("web");
      expect((await registry.components()).map((component) => component.service)).toEqual(["cache"]);
      expect(await registry.deployments("web", "api")).toEqual([]);
      expect(await registry.deployments("cache", "api")).toHaveLength(1);
      expect((await registry.events({})).map((event) => event.service)).toEqual(["cache"]);
    },
  );

  itPromises("a service that is saved again keeps what is known of its components, and says which are gone", async (registry) => {
    await registry.saveService(serviceFixture({ components: [componentFixture(), FULL] }), at);
    await registry.setDesired("web", "api", "stopped");
    await registry.addDeployment(deploymentOf("web"), 5);
    const changed = componentFixture({ image: "registry.test/web/api:v2", cmd: ["new"] });
    const again = serviceFixture({ comment: "new", components: [componentFixture({ name: "more" }), changed] });
    expect(await registry.saveService(again, later(1))).toEqual({ created: false, gone: ["full"] });
    expect(await registry.component("web", "api")).toMatchObject({ spec: changed, desired: "stopped", deployment: 1 });
    expect(await registry.component("web", "more")).toMatchObject({ desired: "running", deployment: 0 });
    expect(await registry.component("web", "full")).toMatchObject({ spec: FULL, desired: "ignore" });
    await registry.saveService(serviceFixture({ active: false, components: [componentFixture(), FULL] }), later(2));
    expect(await registry.component("web", "full")).toMatchObject({ desired: "stopped" });
    expect(await registry.component("web", "more")).toMatchObject({ desired: "ignore" });
  });
}

function components(itPromises: Promised): void {
  itPromises("a component's spec comes back as it was saved", async (registry) => {
    await registry.saveService(serviceFixture({ components: [FULL, componentFixture()] }), at);
    expect((await registry.components({ service: "web" })).map((component) => component.spec)).toEqual([FULL, componentFixture()]);
    const less = componentFixture({ name: "full" });
    await registry.updateSpec("web", less);
    expect((await registry.component("web", "full"))?.spec).toEqual(less);
    const unknown = { code: "not_found", reason: "COMPONENT_NOT_FOUND" };
    await expect(registry.updateSpec("web", componentFixture({ name: "none" }))).rejects.toMatchObject(unknown);
    await expect(registry.setDesired("web", "none", "running")).rejects.toMatchObject(unknown);
  });

  itPromises("components are told apart by service and name, and listed by what is wanted of them", async (registry) => {
    await registry.saveService(serviceFixture({ active: false }), at);
    await registry.saveService(serviceFixture({ name: "other", components: [componentFixture(), FULL] }), at);
    await registry.createComponent("web", FULL, "ignore");
    const list = async (query: Parameters<Registry["components"]>[0]) =>
      (await registry.components(query)).map((component) => `${component.service}/${component.name}`);
    expect(await list({})).toEqual(["other/api", "other/full", "web/api", "web/full"]);
    expect(await list({ desired: "running" })).toEqual(["other/api", "other/full"]);
    expect(await list({ desired: "stopped" })).toEqual(["web/api"]);
    expect(await list({ desired: "ignore", service: "other" })).toEqual([]);
    expect(await list({ desired: "ignore", service: "web" })).toEqual(["web/full"]);
    await registry.deleteComponent("web", "api");
    await registry.deleteComponent("web", "api");
    expect(await list({})).toEqual(["other/api", "other/full", "web/full"]);
  });

  itPromises("a second component of the same service and name is refused, as is one of no service", async (registry) => {
    await registry.saveService(serviceFixture(), at);
    const exists = { code: "conflict", reason: "COMPONENT_EXISTS" };
    await expect(registry.createComponent("web", componentFixture({ image: "other" }), "running")).rejects.toMatchObject(exists);
    expect((await registry.component("web", "api"))?.spec).toEqual(componentFixture());
    const unknown = { code: "not_found", reason: "SERVICE_NOT_FOUND" };
    await expect(registry.createComponent("none", componentFixture(), "running")).rejects.toMatchObject(unknown);
  });

  itPromises("two services that would have one container name are refused, and nothing of the second is kept", async (registry) => {
    await registry.saveService(serviceFixture({ name: "a-b", components: [componentFixture({ name: "c" })] }), at);
    const clash = serviceFixture({ name: "a", components: [componentFixture({ name: "ok" }), componentFixture({ name: "b-c" })] });
    const refusal = { code: "conflict", reason: "COMPONENT_NAME_CLASH", message: expect.stringContaining("a-b/c") };
    await expect(registry.saveService(clash, at)).rejects.toMatchObject(refusal);
    expect(await registry.service("a")).toBeUndefined();
    const same = serviceFixture({ name: "a-b-c", components: [componentFixture({ name: "a-b-c" })] });
    await expect(registry.saveService(same, at)).rejects.toMatchObject(refusal);
  });
}

function observations(itPromises: Promised): void {
  itPromises("what is wanted and what is seen are kept apart, and a look that fails takes nothing away but the state", async (registry) => {
    await registry.saveService(serviceFixture(), at);
    const fresh = await registry.component("web", "api");
    expect(fresh).toMatchObject({ desired: "running", observed: "unknown", observedAt: undefined, health: "none", oomKilled: false });
    await registry.setDesired("web", "api", "stopped");
    const seen = { containerId: "c1", imageDigest: "sha256:1", version: "v1", startedAt: at };
    await registry.observe([{ service: "web", component: "api", observed: "running", at: later(1), ...seen }]);
    const running = { desired: "stopped", observed: "running", observedAt: later(1), ...seen } as const;
    expect(await registry.component("web", "api")).toMatchObject(running);
    await registry.observe([{ service: "web", component: "api", observed: "unknown", at: later(2) }]);
    expect(await registry.component("web", "api")).toMatchObject({ ...running, observed: "unknown", observedAt: later(2) });
    await registry.observe([
      { service: "gone", component: "api", observed: "running", at },
      { service: "web", component: "api", observed: "exited", at: later(3), exitCode: 137, oomKilled: true },
    ]);
    const exited = { exitCode: 137, oomKilled: true, containerId: undefined, startedAt: undefined, version: "" };
    expect(await registry.component("web", "api")).toMatchObject({ observed: "exited", ...exited });
  });

  itPromises("health, restarts and flapping are kept", async (registry) => {
    await registry.saveService(serviceFixture(), at);
    await registry.setHealth("web", "api", "unhealthy", "port 80 refused");
    await registry.setRestarts("web", "api", 3, true);
    const kept = { health: "unhealthy", reason: "port 80 refused", restarts: 3, flapping: true } as const;
    expect(await registry.component("web", "api")).toMatchObject(kept);
    await registry.setRestarts("web", "api", 0, false);
    expect(await registry.component("web", "api")).toMatchObject({ ...kept, restarts: 0, flapping: false });
  });
}

function deploymentOf(service: string, component = "api") {
  const image = { image: "registry.test/web/api:v1", imageDigest: "sha256:1", imageId: "i1", specHash: "h1" };
  return { service, component, spec: FULL, ...image, at, by: "anna" };
}

function deployments(itPromises: Promised): void {
  itPromises("deployments count up in each component, the last ones are kept, and those that go are named", async (registry) => {
    await registry.saveService(serviceFixture({ components: [componentFixture(), FULL] }), at);
    for (const number of [1, 2]) expect(await registry.addDeployment(deploymentOf("web"), 2)).toEqual({ number, forgotten: [] });
    expect(await registry.addDeployment(deploymentOf("web", "full"), 2)).toMatchObject({ number: 1 });
    const third = await registry.addDeployment({ ...deploymentOf("web"), by: "ben" }, 2);
    expect(third).toMatchObject({ number: 3, forgotten: [{ ...deploymentOf("web"), number: 1, replaced: 0 }] });
    const kept = await registry.deployments("web", "api");
    expect(kept.map(({ number, replaced, by }) => ({ number, replaced, by }))).toEqual([
      { number: 3, replaced: 2, by: "ben" },
      { number: 2, replaced: 1, by: "anna" },
    ]);
    expect((await registry.component("web", "api"))?.deployment).toBe(3);
  });

  itPromises("after a rollback the next deployment has a new number and says what it replaced", async (registry) => {
    await registry.saveService(serviceFixture(), at);
    for (let count = 0; count < 3; count += 1) await registry.addDeployment(deploymentOf("web"), 5);
    await registry.setCurrentDeployment("web", "api", 1);
    expect((await registry.component("web", "api"))?.deployment).toBe(1);
    expect(await registry.addDeployment(deploymentOf("web"), 5)).toMatchObject({ number: 4 });
    expect((await registry.deployments("web", "api"))[0]).toMatchObject({ number: 4, replaced: 1 });
    const fifth = await registry.addDeployment(deploymentOf("web"), 3);
    expect(fifth.forgotten.map(({ number }) => number)).toEqual([2, 1]);
    await registry.setCurrentDeployment("web", "api", 3);
    const sixth = await registry.addDeployment(deploymentOf("web"), 2);
    expect(sixth.forgotten.map(({ number }) => number)).toEqual([5, 4]);
    expect((await registry.deployments("web", "api")).map(({ number }) => number)).toEqual([6, 3]);
    const unknown = { code: "not_found", reason: "COMPONENT_NOT_FOUND" };
    await expect(registry.addDeployment(deploymentOf("web", "none"), 5)).rejects.toMatchObject(unknown);
  });
}

function operations(itPromises: Promised): void {
  itPromises("one operation runs on a service at a time: a second is told who holds it and since when", async (registry) => {
    const { operation, isNew } = await registry.beginOperation(OPERATION);
    expect({ operation, isNew }).toEqual({
      operation: { ...OPERATION, state: "running", results: "", finishedAt: undefined, error: "" },
      isNew: true,
    });
    const second = { ...OPERATION, id: "op_2", requestId: "req_2", caller: "ben" };
    const busy = { code: "conflict", reason: "SERVICE_BUSY", message: expect.stringMatching(/anna .* deploy .*2026-03-04T05:06:07.008Z/) };
    await expect(registry.beginOperation(second)).rejects.toMatchObject(busy);
    expect(await registry.beginOperation({ ...second, service: "other" })).toMatchObject({ isNew: true });
    await registry.endOperation("op_1", { state: "failed", results: "[]", error: "no", at: later(1) });
    expect(await registry.operation("op_1")).toMatchObject({ state: "failed", results: "[]", error: "no", finishedAt: later(1) });
    expect(await registry.beginOperation({ ...second, id: "op_3", requestId: "req_3" })).toMatchObject({ isNew: true });
  });

  itPromises("a request's operation is found by its id; of services that are gone a thousand operations are kept", async (registry) => {
    for (let count = 1; count <= 1003; count += 1) {
      const id = `op_${count}`;
      await registry.beginOperation({ ...OPERATION, id, service: `gone-${count}`, requestId: `req_${count}` });
      if (count !== 2) await registry.endOperation(id, { state: "failed", results: "", error: "", at });
    }
    expect(await registry.operationOfRequest("req_1")).toMatchObject({ id: "op_1" });
    expect(await registry.operationOfRequest("")).toBeUndefined();
    await registry.deleteService("gone-1");
    const known = await Promise.all([1, 2, 3, 4].map((count) => registry.operationOfRequest(`req_${count}`)));
    expect(known.map((operation) => operation?.id)).toEqual([undefined, "op_2", undefined, "op_4"]);
  });

  itPromises("a request that is repeated gets the operation that it began, while that runs and after", async (registry) => {
    await registry.beginOperation(OPERATION);
    const again = { ...OPERATION, id: "op_2" };
    expect(await registry.beginOperation(again)).toMatchObject({ isNew: false, operation: { id: "op_1", state: "running" } });
    await registry.endOperation("op_1", { state: "succeeded", results: "[]", error: "", at: later(1) });
    expect(await registry.beginOperation(again)).toMatchObject({ isNew: false, operation: { id: "op_1", state: "succeeded" } });
    for (const id of ["op_3", "op_4"]) {
      expect(await registry.beginOperation({ ...OPERATION, id, requestId: "" })).toMatchObject({ isNew: true, operation: { id } });
      await registry.endOperation(id, { state: "succeeded", results: "[]", error: "", at });
    }
  });

  itPromises("an operation that has ended stays as it ended", async (registry) => {
    await registry.beginOperation(OPERATION);
    await registry.endOperation("op_1", { state: "succeeded", results: "[]", error: "", at: later(1) });
    await registry.endOperation("op_1", { state: "failed", results: "", error: "late", at: later(2) });
    expect(await registry.operation("op_1")).toMatchObject({ state: "succeeded", error: "", finishedAt: later(1) });
  });

  itPromises("steps are numbered, and keep what they need to be undone", async (registry) => {
    await registry.beginOperation(OPERATION);
    const step = { operationId: "op_1", component: "api", name: "pull", data: '{"image":"x"}', startedAt: at };
    expect(await registry.beginStep(step)).toBe(1);
    expect(await registry.beginStep({ ...step, name: "create" })).toBe(2);
    await registry.endStep("op_1", 1, { state: "done", at: later(1), detail: "sha256:1" });
    await registry.endStep("op_1", 2, { state: "failed", at: later(2), data: "{}" });
    const [first, second] = await registry.steps("op_1");
    expect(first).toEqual({ ...step, number: 1, state: "done", detail: "sha256:1", finishedAt: later(1) });
    expect(second).toEqual({ ...step, name: "create", number: 2, state: "failed", data: "{}", detail: "", finishedAt: later(2) });
  });

  itPromises("operations are listed newest first, and the last hundred of a service are kept", async (registry) => {
    const done = { state: "succeeded", results: "[]", error: "", at } as const;
    await registry.beginOperation({ ...OPERATION, id: "other", service: "other", requestId: "other" });
    await registry.beginStep({ operationId: "other", component: "", name: "one", data: "{}", startedAt: at });
    for (let count = 1; count <= 103; count += 1) {
      await registry.beginOperation({ ...OPERATION, id: `op_${count}`, requestId: `req_${count}` });
      if (count < 103) await registry.endOperation(`op_${count}`, done);
    }
    const ids = async (query: Parameters<Registry["operations"]>[0]) => (await registry.operations(query)).map(({ id }) => id);
    expect(await ids({ service: "web", limit: 2 })).toEqual(["op_103", "op_102"]);
    expect(await ids({ service: "web", limit: 1000 })).toHaveLength(100);
    expect(await ids({ running: true, limit: 1000 })).toEqual(["op_103", "other"]);
    expect(await ids({ running: false, limit: 1 })).toEqual(["op_102"]);
    expect(await registry.steps("other")).toHaveLength(1);
    expect(await registry.operation("op_1")).toBeUndefined();
  });
}

function events(itPromises: Promised): void {
  itPromises("events are found by service, component, kind and time, oldest first or the newest of them", async (registry) => {
    await registry.addEvents([
      EVENT,
      { ...EVENT, at: later(10), component: "db" },
      { ...EVENT, at: later(20), kind: "drift" },
      { ...EVENT, at: later(30), service: "other" },
      { ...EVENT, at: later(40) },
    ]);
    const all = await registry.events({});
    expect(all[0]).toEqual({ ...EVENT, id: expect.any(Number) });
    expect(all.map(({ id }) => id)).toEqual([...all].map(({ id }) => id).sort((one, other) => one - other));
    const seconds = async (query: Parameters<Registry["events"]>[0]) =>
      (await registry.events(query)).map((event) => (event.at.getTime() - at.getTime()) / 1000);
    expect(await seconds({ service: "web", component: "api" })).toEqual([0, 20, 40]);
    expect(await seconds({ service: "web", component: "api", since: later(20), until: later(40) })).toEqual([20, 40]);
    expect(await seconds({ service: "web", since: later(1), until: later(39) })).toEqual([10, 20]);
    expect(await seconds({ kind: "drift" })).toEqual([20]);
    expect(await seconds({ service: "", newest: 2 })).toEqual([40, 30]);
    expect(await seconds({ service: "web", after: all[1]?.id ?? 0, oldest: 1 })).toEqual([20]);
    expect(await seconds({ after: all[4]?.id ?? 0, oldest: 9 })).toEqual([]);
  });

  itPromises("events of a window are counted", async (registry) => {
    await registry.addEvents(Array.from({ length: 20 }, (_, index) => ({ ...EVENT, at: later(index) })));
    const window = { service: "web", component: "api", kind: "state" };
    expect(await registry.countEvents({ ...window, since: later(15) })).toBe(5);
    expect(await registry.countEvents({ ...window, since: later(5), until: later(14) })).toBe(10);
    expect(await registry.countEvents({ ...window, kind: "drift" })).toBe(0);
  });

  itPromises("old events are pruned, however many there are, and their ids are not given again", async (registry) => {
    await registry.addEvents(Array.from({ length: 5001 }, (_, index) => ({ ...EVENT, at: later(index) })));
    expect(await registry.pruneEvents(later(5000))).toBe(5000);
    const [last] = await registry.events({});
    expect(last?.at).toEqual(later(5000));
    expect(await registry.pruneEvents(later(6000))).toBe(1);
    await registry.addEvents([EVENT]);
    expect((await registry.events({})).map(({ id }) => id)).toEqual([5002]);
  });
}
