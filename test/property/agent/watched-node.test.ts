import { expect, test } from "bun:test";
import fc from "fast-check";
import { LABELS } from "../../../src/agent/component/labels.ts";
import { createDriftFinder } from "../../../src/agent/engine/drift-finder.ts";
import { addImages, deployInput, engineWorld, finished, NODE, type World } from "../../../src/agent/engine/engine.fixture.ts";
import { FakeTiming, settled } from "../../../src/agent/monitor/fake-timing.fixture.ts";
import { Monitor, type MonitorOptions } from "../../../src/agent/monitor/monitor.ts";
import { MONITOR_DEFAULTS } from "../../../src/agent/monitor/monitor-settings.ts";
import { componentFixture, serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import type { ComponentRecord } from "../../../src/agent/registry/registry.ts";

/** A node whose agent watches and heals, while operators ask for this and that and strange hands are at its containers. */

const NAMES = ["api", "db"] as const;
type Name = (typeof NAMES)[number];
const VERSIONS = ["v1", "v2", "bad"] as const;

type Act =
  | { readonly kind: "deploy" | "deploy one"; readonly name: Name; readonly version: (typeof VERSIONS)[number] }
  | { readonly kind: "stop" | "start" | "restart" | "rollback"; readonly name: Name }
  /** By hand, behind the agent's back. */
  | { readonly kind: "kill" | "podman stop" | "podman start" | "podman rm" | "rm kept" | "edit"; readonly name: Name }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "cut events" }
  | { readonly kind: "new agent" };

const name = fc.constantFrom(...NAMES);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom("deploy" as const, "deploy one" as const), name, version: fc.constantFrom(...VERSIONS) }),
  fc.record({ kind: fc.constantFrom("stop" as const, "start" as const, "restart" as const, "rollback" as const), name }),
  fc.record({
    kind: fc.constantFrom(...(["kill", "podman stop", "podman start", "podman rm", "rm kept", "edit"] as const)),
    name,
  }),
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 70 }) }),
  fc.constantFrom({ kind: "cut events" } as const, { kind: "new agent" } as const),
);

/** What may be refused: there is nothing to do it to, or the agent heals the service just now. */
const REFUSED = ["SERVICE_NOT_FOUND", "COMPONENT_NOT_FOUND", "NOTHING_TO_ROLL_BACK_TO", "SERVICE_BUSY"];
/** A component that flaps is begun again after five minutes at the latest. */
const PATIENCE = { seconds: 30, rounds: 30 };

class Node {
  readonly world: World = engineWorld();
  readonly timing = new FakeTiming();
  /** What was asked for last of each, where it was not refused. */
  readonly asked = new Map<Name, "running" | "stopped">();
  monitor = this.#watch();

  constructor() {
    addImages(this.world.runtime, ...VERSIONS);
    this.world.runtime.behave("registry.test/web/api:bad", { exitsWith: 1 });
  }

  async run(each: Act): Promise<void> {
    if (each.kind === "wait") return this.timing.advance(each.seconds * 1000);
    if (each.kind === "cut events") return this.world.runtime.cutEvents();
    if (each.kind === "new agent") return this.#renew();
    await this.#act(each).catch((thrown) => {
      if (!REFUSED.includes((thrown as { reason?: string }).reason ?? "")) throw thrown;
    });
  }

  /** Lets time pass until everything is as it is wanted, or for far longer than that may take. */
  async quiet(): Promise<void> {
    for (let round = 0; round < PATIENCE.rounds; round += 1) {
      await this.timing.advance(PATIENCE.seconds * 1000);
      if (!this.world.engine.runs.busy("web") && (await this.#components()).every((record) => isAsWanted(record))) break;
    }
    await this.timing.advance(2 * PATIENCE.seconds * 1000);
  }

  async expectSound(): Promise<void> {
    const { runtime, registry, engine } = this.world;
    const containers = await runtime.list();
    expect(await registry.operations({ running: true, limit: 9 })).toEqual([]);
    for (const record of await this.#components()) {
      const own = containers.filter(({ labels }) => labels[LABELS.component] === record.name);
      const current = await runtime.inspect(`web-${record.name}`);
      expect(own.filter(({ state }) => state === "running").length).toBeLessThanOrEqual(1);
      expect(own.filter(({ name: found }) => /\.(next|prev)$/.test(found))).toEqual([]);
      expect((await registry.deployments("web", record.name)).length).toBeLessThanOrEqual(6);
      expect(isAsWanted(record)).toBe(true);
      expect(record.desired).toBe(this.asked.get(record.name as Name) ?? record.desired);
      // What the registry says is what there is.
      expect<string>(record.observed).toBe(observedOf(current?.state, record));
      if (current !== undefined) expect(current.labels[LABELS.deployment]).toBe(String(record.deployment));
      const isEdited = current?.restartPolicy === "always";
      const differs = this.monitor.drift("web", record.name).diffs.map(({ field }) => field);
      expect(differs.filter((field) => field !== "state")).toEqual(isEdited && record.desired !== "ignore" ? ["restart_policy"] : []);
    }
    expect(engine.runs.busy("web")).toBe(false);
  }

  async close(): Promise<void> {
    await this.monitor.stop();
    await this.world.engine.close();
    await this.world.registry.close();
  }

  #components(): Promise<readonly ComponentRecord[]> {
    return this.world.registry.components();
  }

  async #renew(): Promise<void> {
    await this.monitor.stop();
    this.monitor = this.#watch();
    await this.monitor.start();
  }

  async #act(each: Extract<Act, { readonly name: Name }>): Promise<void> {
    const { engine, runtime } = this.world;
    const [container, request] = [`web-${each.name}`, { service: "web", component: each.name, requestId: "" }];
    const info = await runtime.inspect(container);
    switch (each.kind) {
      case "deploy":
      case "deploy one":
        return this.#deploy(each.name, each.version, each.kind === "deploy");
      case "rollback": {
        const { operation } = await finished(engine.deploys.rollback("anna", request));
        if (operation.state === "succeeded") this.asked.set(each.name, "running");
        return;
      }
      case "stop":
      case "start":
      case "restart":
        await finished(engine.lifecycle[each.kind]("anna", request));
        this.asked.set(each.name, each.kind === "stop" ? "stopped" : "running");
        return;
      case "kill":
        return info?.state === "running" ? runtime.kill(container, "SIGKILL") : undefined;
      case "podman stop":
        return info === undefined ? undefined : runtime.stop(container, 0);
      case "podman start":
        return info === undefined ? undefined : runtime.start(container);
      case "podman rm":
        return runtime.remove(container);
      case "rm kept":
        for (const found of runtime.names.filter((one) => one.startsWith(`${container}.d`))) await runtime.remove(found);
        return;
      case "edit":
        return info === undefined ? undefined : runtime.edit(container, { restartPolicy: "always" });
    }
  }

  async #deploy(one: Name, version: string, whole: boolean): Promise<void> {
    const components = NAMES.map((each) =>
      componentFixture({ name: each, image: `registry.test/web/api:${each === one ? version : "v1"}` }),
    );
    const input = deployInput(serviceFixture({ components }), { pull: "never", ...(whole ? {} : { component: one }) });
    const { results } = await finished(this.world.engine.deploys.deploy("anna", input));
    for (const { component, ok } of results) if (ok) this.asked.set(component as Name, "running");
  }

  #watch(): Monitor {
    const { world, timing } = this;
    const { runtime, registry, engine } = world;
    return new Monitor({
      nodeName: NODE,
      settings: MONITOR_DEFAULTS,
      runtime,
      registry,
      prober: { probe: async () => ({ ok: true, detail: "answers" }) },
      operations: { busy: (service) => engine.runs.busy(service), heal: (...given) => engine.runs.heal(...given), drained: () => false },
      diffOf: createDriftFinder({ registry, runtime, readSecret: async () => "", guardBinds: async () => {} }),
      alertCommand: undefined,
      timing,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} } as unknown as MonitorOptions["log"],
    });
  }
}

/** What was never put into effect is not begun by itself. */
function isAsWanted({ desired, observed, deployment }: ComponentRecord): boolean {
  if (desired === "stopped") return observed !== "running";
  return deployment === 0 || observed === "running";
}

function observedOf(state: string | undefined, { desired }: ComponentRecord): string {
  if (state === undefined) return "removed";
  if (state === "running") return "running";
  return desired === "stopped" ? "stopped" : "exited";
}

/** MODEL_RUNS=20000 searches longer. */
const RUNS = Number(process.env.MODEL_RUNS ?? 600);

test("whatever operators and strange hands do, after a while each component is as it is wanted, and what differs is told", async () => {
  const property = fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (acts) => {
    const node = new Node();
    await node.monitor.start();
    await node.run({ kind: "deploy", name: "api", version: "v1" });
    for (const each of acts) {
      await node.run(each);
      await settled();
    }
    await node.quiet();
    await node.expectSound();
    await node.close();
  });
  await fc.assert(property, { numRuns: RUNS });
}, 600_000);
