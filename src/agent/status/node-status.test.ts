import { expect, test } from "bun:test";
import type { OperationReport } from "../agent-use-cases.ts";
import { settled } from "../monitor/fake-timing.fixture.ts";
import { MonitorBench } from "../monitor/monitor.fixture.ts";
import type { StateEvent, StepRecord } from "../registry/registry.ts";
import { NodeStatus } from "./node-status.ts";
import type { OperationReports } from "./watch-operation.ts";

const NO_OPERATIONS: OperationReports = { report: () => Promise.reject(new Error("none")), listen: () => () => {} };

async function setup(operations = NO_OPERATIONS) {
  const bench = new MonitorBench();
  await bench.deployed("web", { components: [{ name: "api" }, { name: "db" }] });
  await bench.deployed("other");
  const { registry, timing, monitor } = bench;
  return { bench, registry, status: new NodeStatus({ registry, timing, observer: monitor, operations }) };
}

test("a list is what the registry has; the engine is not asked for it", async () => {
  const { bench, status } = await setup();
  await using _ = bench;
  bench.engine.exit("web-api", 1);
  const services = await status.list();
  expect(services.map(({ service, components }) => [service.name, components.map(({ record }) => record.observed)])).toEqual([
    ["other", ["running"]],
    ["web", ["running", "running"]],
  ]);
  expect(bench.runtime.calls).toEqual([]);
});

test("a live look brings the registry up to date, and does not need the monitor to run", async () => {
  const { bench, status } = await setup();
  await using _ = bench;
  bench.engine.exit("web-api", 137, { oomKilled: true });
  await bench.engine.remove("web-db");
  const { services, runtimeError } = await status.live("web");
  expect(runtimeError).toBe("");
  expect(services[0]?.components.map(({ record, containerName }) => [containerName, record.observed, record.oomKilled])).toEqual([
    ["web-api", "exited", true],
    ["web-db", "removed", false],
  ]);
  expect(await bench.component("web", "api")).toMatchObject({ observed: "exited", exitCode: 137 });
  expect(bench.runtime.count("list")).toBe(0);
  const everything = await status.live();
  expect(everything.services).toHaveLength(2);
});

test("a live look says why the engine could not be asked, and shows what was known", async () => {
  const { bench, status } = await setup();
  await using _ = bench;
  bench.runtime.goAway();
  for (const service of [undefined, "web"]) {
    const { services, runtimeError } = await status.live(service);
    expect(runtimeError).toContain("nobody listens");
    expect(services.at(-1)?.components[0]?.record).toMatchObject({ observed: "unknown", desired: "running", version: "v1" });
  }
});

test("drift is told with what is wanted, what is there and since when", async () => {
  const { bench, status } = await setup();
  await using _ = bench;
  bench.engine.exit("web-api", 1);
  await status.live("web");
  expect(await status.drift("web")).toEqual([
    {
      service: "web",
      component: "api",
      desired: "running",
      observed: "exited",
      diffs: [{ field: "state", want: "running", have: "exited" }],
      since: bench.timing.now(),
    },
  ]);
  expect(await status.drift("other")).toEqual([]);
  expect((await status.list("web"))[0]?.components[0]?.drift).toHaveLength(1);
});

test("the newest events come first, of one service or of all", async () => {
  const { bench, registry, status } = await setup();
  await using _ = bench;
  const at = bench.timing.now();
  await registry.addEvents([event("web", "one", at), event("web", "two", at), event("other", "three", at)]);
  const told = async (service: string | undefined, newest: number) =>
    (await status.events({ ...(service === undefined ? {} : { service }), since: at, newest })).map(({ message }) => message);
  expect(await told("web", 10)).toEqual(["two", "one"]);
  expect(await told(undefined, 2)).toEqual(["three", "two"]);
});

test("a service that is not there is said to be missing, and never an empty answer", async () => {
  const { bench, status } = await setup();
  await using _ = bench;
  const missing = { code: "not_found", reason: "SERVICE_NOT_FOUND" };
  const { signal } = new AbortController();
  for (const asked of [
    () => status.list("nope"),
    () => status.live("nope"),
    () => status.drift("nope"),
    () => status.events({ service: "nope", since: new Date(0), newest: 1 }),
    () => status.operations({ service: "nope", limit: 1 }),
    () => status.watchEvents({ service: "nope", signal }).next(),
  ]) {
    await expect(asked()).rejects.toMatchObject(missing);
  }
  expect(bench.runtime.calls).toEqual([]);
});

test("who watches events gets stored ones from a moment on, then new ones, each once and in their order", async () => {
  const { bench, registry, status } = await setup();
  await using _ = bench;
  const at = bench.timing.now();
  const early = new Date(at.getTime() - 60_000);
  await registry.addEvents([event("web", "before", early), event("web", "stored", at), event("other", "other", at)]);
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { message } of status.watchEvents({ service: "web", since: at, signal: stop.signal })) seen.push(message);
  })();
  await settled();
  expect(seen).toEqual(["stored"]);
  // A clock that was set back hides nothing.
  await registry.addEvents([event("web", "new", new Date(0)), event("other", "new other", at)]);
  await bench.advance(1000);
  expect(seen).toEqual(["stored", "new"]);
  stop.abort();
  await reading;
  expect(bench.timing.left).toBe(0);
});

test("who watches from now on gets nothing that was before, and a slow reader loses nothing and holds one page", async () => {
  const { bench, registry, status } = await setup();
  await using _ = bench;
  await registry.addEvents([event("web", "old", bench.timing.now())]);
  const stop = new AbortController();
  const events = status.watchEvents({ signal: stop.signal });
  const first = events.next();
  await settled();
  await registry.addEvents(Array.from({ length: 1200 }, (_unused, index) => event("web", String(index), bench.timing.now())));
  await bench.advance(1000);
  const seen = [(await first).value?.message];
  for (let count = 1; count < 1200; count++) seen.push((await events.next()).value?.message);
  expect(seen).toEqual(Array.from({ length: 1200 }, (_unused, index) => String(index)));
  stop.abort();
  expect(await events.next()).toMatchObject({ done: true });
});

test("who watches an operation gets every step so far, then each change, then its end", async () => {
  const listeners = new Set<() => void>();
  let report = reportOf("running", [step(1, "done"), step(2, "running")]);
  const { bench, status } = await setup({
    report: async () => report,
    listen: (_id, onNews) => {
      listeners.add(onNews);
      return () => listeners.delete(onNews);
    },
  });
  await using _ = bench;
  const seen: string[] = [];
  const reading = (async () => {
    for await (const change of status.watchOperation("op_1", new AbortController().signal)) {
      seen.push(change.step === undefined ? change.report.operation.state : `${change.step.number} ${change.step.state}`);
    }
  })();
  const tell = async (next: OperationReport) => {
    report = next;
    for (const listener of listeners) listener();
    await settled();
  };
  await settled();
  await tell(reportOf("running", [step(1, "done"), step(2, "done"), step(3, "running")]));
  await tell(report);
  await tell(reportOf("succeeded", [step(1, "done"), step(2, "done"), step(3, "done")]));
  await reading;
  expect(seen).toEqual(["1 done", "2 running", "2 done", "3 running", "3 done", "succeeded"]);
  expect(listeners.size).toBe(0);
});

test("a watch of an operation ends with its signal, and one that is over already is told whole", async () => {
  const { bench, status } = await setup({ report: async () => reportOf("running", []), listen: () => () => {} });
  await using _ = bench;
  const stop = new AbortController();
  const next = status.watchOperation("op_1", stop.signal).next();
  await settled();
  stop.abort();
  expect(await next).toMatchObject({ done: true });
});

test("a service that an operation holds says which", async () => {
  const { bench, registry, status } = await setup();
  await using _ = bench;
  const { operation } = await registry.beginOperation({
    id: "op_9",
    kind: "deploy",
    service: "web",
    component: "",
    requestId: "r",
    caller: "ann",
    input: "{}",
    startedAt: bench.timing.now(),
  });
  expect((await status.list()).map(({ operationId }) => operationId)).toEqual([undefined, operation.id]);
});

function event(service: string, message: string, at: Date): Omit<StateEvent, "id"> {
  return { service, component: "api", kind: "state", from: "", to: "", message, at };
}

function step(number: number, state: StepRecord["state"]): StepRecord {
  const times = { startedAt: new Date(0), finishedAt: undefined };
  return { operationId: "op_1", number, component: "api", name: "pull", state, data: "", detail: "", ...times };
}

function reportOf(state: OperationReport["operation"]["state"], steps: readonly StepRecord[]): OperationReport {
  const operation = { id: "op_1", kind: "deploy", service: "web", component: "", state, requestId: "", caller: "", input: "" } as const;
  return { operation: { ...operation, results: "", startedAt: new Date(0), finishedAt: undefined, error: "" }, steps, results: [] };
}
