import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import { FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import type { BegunOperation, ComponentResult, NodeUseCases } from "../agent-use-cases.ts";
import { componentFixture, registryFixture, serviceFixture } from "../registry/registry.fixture.ts";
import type { Registry } from "../registry/registry.ts";
import { type DrainState, openDrainState, requireUndrained } from "./drain-state.ts";
import { createNodeUseCases, type NodeDeps } from "./node-use-cases.ts";

let folder = "";
let runtime: FakeRuntime;
let registry: Registry;
let drain: DrainState;
let started: string[];
let waits: number[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-node-"));
  runtime = new FakeRuntime();
  runtime.addImage("i");
  registry = registryFixture();
  drain = openDrainState(join(folder, "drained"));
  started = [];
  waits = [];
  const components = [
    componentFixture({ name: "api", dependsOn: ["db"] }),
    componentFixture({ name: "db" }),
    componentFixture({ name: "off" }),
  ];
  await registry.saveService(serviceFixture({ components }), new Date(0));
  await registry.setDesired("web", "off", "stopped");
  for (const name of ["api", "db"]) await runUp(name);
});

afterEach(() => rmSync(folder, { recursive: true }));

async function runUp(component: string): Promise<void> {
  const containerId = await runtime.create(containerSpec({ name: `web-${component}`, image: "i" }));
  await runtime.start(`web-${component}`);
  await registry.observe([{ service: "web", component, observed: "running", at: new Date(0), containerId }]);
}

function node(more: Partial<NodeDeps> = {}): NodeUseCases {
  return createNodeUseCases({
    node: "here",
    registry,
    runtime,
    lifecycle: { start: async (_, { component = "" }) => begun(component) },
    drain,
    clock: runtime.clock,
    startedAt: new Date(1),
    problems: async () => ["The disk is nearly full."],
    diskFree: async () => 5,
    undeclared: () => ["by-hand"],
    takeSnapshot: async () => ({ path: "/backups/x.db", size: 7 }),
    wait: async (ms) => void waits.push(ms),
    ...more,
  });
}

function begun(component: string): BegunOperation {
  started.push(component);
  const result = { ...NOTHING, component, action: "started" };
  return { id: "op", finished: async () => ({ operation: undefined as never, steps: [], results: [result] }) };
}

const NOTHING: ComponentResult = {
  component: "",
  ok: true,
  action: "",
  error: "",
  hint: "",
  version: "",
  imageDigest: "",
  containerId: "",
  deployment: 0,
};

const drainNow = (stopComponents: boolean, limitMs = 1000) => node().drain("kyle", { stopComponents, undo: false, limitMs });
const told = (results: readonly ComponentResult[]) =>
  results.map(({ component, action, error }) => [component, action, error].filter(Boolean).join(" "));

async function holdService(): Promise<void> {
  const held = { id: "op_1", kind: "deploy", service: "web", component: "", requestId: "", caller: "ann", input: "{}" } as const;
  await registry.beginOperation({ ...held, startedAt: new Date(0) });
}

const endOperation = () => registry.endOperation("op_1", { state: "succeeded", results: "[]", error: "", at: new Date(0) });

test("the status counts components by what was seen of them, and says what is wrong", async () => {
  expect(await node().status()).toEqual({
    nodeName: "here",
    runtime: { name: "fake", version: "1.0.0", driver: "fake" },
    startedAt: new Date(1),
    counts: { running: 2, stopped: 0, exited: 0, removed: 0, unknown: 1 },
    drained: false,
    problems: ["The disk is nearly full."],
    diskFreeBytes: 5,
    undeclared: ["by-hand"],
  });
});

test("an engine that cannot be asked is a problem of the node, and no failure of the question", async () => {
  const version = async () => {
    throw new AppError("unavailable", "RUNTIME_UNAVAILABLE", "nothing listens");
  };
  const status = await node({ runtime: { driver: "libpod", version, stop: async () => {} } }).status();
  expect(status.runtime).toBeUndefined();
  expect(status.problems).toContain("The container engine cannot be asked: nothing listens");
});

test("a node is drained until that is undone, also after a restart of the agent", async () => {
  expect(await drainNow(false)).toEqual([]);
  const again = openDrainState(join(folder, "drained"));
  expect(readFileSync(join(folder, "drained"), "utf8")).toBe("Drained by kyle since 2026-06-01T12:00:00.000Z\n");
  expect(() => requireUndrained(again)).toThrow(expect.objectContaining({ code: "precondition", reason: "NODE_DRAINED" }));
  await again.set(false, "kyle", new Date(0));
  requireUndrained(again);
  expect((await node().status()).counts.running).toBe(2);
});

test("components are stopped in the reverse order of their dependencies, and what is wanted of them stays", async () => {
  const before = runtime.past.length;
  expect(told(await drainNow(true))).toEqual(["web/api stopped", "web/db stopped"]);
  expect(
    runtime.past
      .slice(before)
      .filter(({ action }) => action === "stop")
      .map(({ containerName }) => containerName),
  ).toEqual(["web-api", "web-db"]);
  expect((await registry.components({ desired: "running" })).map(({ name, observed }) => [name, observed])).toEqual([
    ["api", "stopped"],
    ["db", "stopped"],
  ]);
  expect((await node().status()).drained).toBe(true);
});

test("an undo starts what is wanted, dependencies first, and nothing that is to be stopped or was never there", async () => {
  await drainNow(true);
  await registry.saveService(serviceFixture({ name: "new" }), new Date(0));
  expect(told(await node().drain("kyle", { stopComponents: false, undo: true, limitMs: 0 }))).toEqual([
    "web/db started",
    "web/api started",
  ]);
  expect([started, drain.drained]).toEqual([["db", "api"], false]);
});

test("one that cannot be stopped or started is told, and the others are", async () => {
  const stop = async (name: string) => {
    if (name === "web-api") throw new AppError("deadline", "RUNTIME_TIMEOUT", "it hangs");
    await runtime.stop(name, 0);
  };
  const stuck = node({ runtime: { driver: "fake", version: () => runtime.version(), stop } });
  expect(told(await stuck.drain("kyle", { stopComponents: true, undo: false, limitMs: 0 }))).toEqual([
    "web/api failed it hangs",
    "web/db stopped",
  ]);
  const start = async () => {
    throw new AppError("conflict", "SERVICE_BUSY", "ann deploys it");
  };
  expect(told(await node({ lifecycle: { start } }).drain("kyle", { stopComponents: false, undo: true, limitMs: 0 }))).toEqual([
    "web/db failed ann deploys it",
  ]);
});

test("operations that run are waited for, and then the components are stopped", async () => {
  await holdService();
  const wait = async (ms: number) => {
    waits.push(ms);
    if (waits.length === 3) await endOperation();
  };
  expect(told(await node({ wait }).drain("kyle", { stopComponents: true, undo: false, limitMs: 10_000 }))).toEqual([
    "web/api stopped",
    "web/db stopped",
  ]);
  expect(waits).toHaveLength(3);
});

test("an operation that runs beyond the limit is told, and its service is left alone", async () => {
  await holdService();
  const results = await drainNow(true, 1000);
  expect(told(results)[0]).toBe("web/off failed The operation op_1 still runs");
  expect(results.every(({ ok }) => !ok)).toBe(true);
  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(1000);
  expect((await runtime.inspect("web-api"))?.state).toBe("running");
  expect(drain.drained).toBe(true);
});

test("a snapshot is taken on demand", async () => {
  expect(await node().snapshot()).toEqual({ path: "/backups/x.db", size: 7 });
});
