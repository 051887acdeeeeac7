import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import { FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import { FaultyRuntime } from "../../runtime/fake/faulty-runtime.fixture.ts";
import { type ComponentDefinition, containerNameOf } from "../../service-definition/service-definition.ts";
import type { ProbeVerdict } from "../probe/prober.ts";
import { componentFixture, registryFixture, serviceFixture } from "../registry/registry.fixture.ts";
import type { StateEvent } from "../registry/registry.ts";
import type { HealReason } from "./decide-heal.ts";
import { FakeTiming, settled } from "./fake-timing.fixture.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";
import { MONITOR_DEFAULTS, type MonitorSettings } from "./monitor-settings.ts";

const IMAGE = "localhost/api:v1";

/** For tests: a monitor with an engine in memory, a registry in memory and a clock that stands. */
export class MonitorBench {
  readonly timing = new FakeTiming();
  readonly engine = new FakeRuntime({ clock: this.timing });
  readonly runtime = new FaultyRuntime(this.engine);
  readonly registry = registryFixture();
  readonly alerts: Readonly<Record<string, string>>[] = [];
  readonly heals: { readonly at: number; readonly name: string; readonly reason: HealReason }[] = [];
  readonly busy = new Set<string>();
  drained = false;
  readonly warnings: unknown[] = [];
  readonly deadPids = new Set<number>();
  readonly zombies = new Set<number>();
  #operations = 0;
  verdict: ProbeVerdict = { ok: true, detail: "answers" };
  probes = 0;
  /** What a heal does; by default what an engine of operations does. */
  heal = (service: string, component: string, reason: HealReason): Promise<void> => this.#heal(service, component, reason);
  readonly monitor: Monitor;

  constructor(settings: Partial<MonitorSettings> = {}, change: Partial<MonitorOptions> = {}) {
    this.engine.addImage(IMAGE);
    const warn = (...said: unknown[]) => void this.warnings.push(said);
    this.monitor = new Monitor({
      nodeName: "here",
      settings: { ...MONITOR_DEFAULTS, ...settings },
      runtime: this.runtime,
      registry: this.registry,
      prober: {
        probe: async () => {
          this.probes += 1;
          return this.verdict;
        },
      },
      operations: {
        busy: (service) => this.busy.has(service),
        drained: () => this.drained,
        heal: (service, component, reason) => {
          this.heals.push({ at: this.timing.monotonicMs(), name: containerNameOf(service, component), reason });
          return this.heal(service, component, reason);
        },
      },
      diffOf: async () => [],
      alertCommand: async (variables) => {
        this.alerts.push(variables);
        return { ok: true };
      },
      processes: {
        existing: () => (pid) => !this.deadPids.has(pid),
        isAlive: (pid) => !this.deadPids.has(pid) && !this.zombies.has(pid),
      },
      timing: this.timing,
      random: () => 0.5,
      log: { info: () => {}, warn } as MonitorOptions["log"],
      ...change,
    });
  }

  /** A service whose components run, as a deploy leaves it. */
  async deployed(
    name: string,
    options: { readonly components?: readonly Partial<ComponentDefinition>[]; readonly selfHeal?: "heal" | "alert" } = {},
  ) {
    const components = (options.components ?? [{}]).map((change) => componentFixture({ image: IMAGE, ...change }));
    await this.registry.saveService(serviceFixture({ name, components, selfHeal: options.selfHeal ?? "alert" }), this.timing.now());
    for (const component of components) await this.#deploy(name, component);
  }

  /** What an operation of an operator does: it holds the service while it works. */
  async operate(service: string, kind: "deploy" | "stop" | "restart", work: () => Promise<void>): Promise<void> {
    this.#operations += 1;
    const id = `op-${this.#operations}`;
    this.busy.add(service);
    const at = this.timing.now();
    await this.registry.beginOperation({ id, kind, service, component: "", requestId: id, caller: "ann", input: "{}", startedAt: at });
    await work();
    await this.registry.endOperation(id, { state: "succeeded", results: "[]", error: "", at });
    this.busy.delete(service);
  }

  async events(kind?: string): Promise<readonly StateEvent[]> {
    return this.registry.events(kind === undefined ? {} : { kind });
  }

  /** Each event as `component kind from>to`. */
  async told(kind?: string): Promise<readonly string[]> {
    return (await this.events(kind)).map((event) => `${event.component} ${event.kind} ${event.from}>${event.to}`);
  }

  /** Alerts as `component kind state`. */
  get alerted(): readonly string[] {
    return this.alerts.map((alert) => `${alert.MCP_COMPONENT} ${alert.MCP_ALERT} ${alert.MCP_ALERT_STATE}`);
  }

  async component(service: string, name = "api") {
    const found = await this.registry.component(service, name);
    if (found === undefined) throw new Error(`no component ${service}/${name}`);
    return found;
  }

  /** Moves the clock on, and lets everything be written. */
  advance(ms: number): Promise<void> {
    return this.timing.advance(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.monitor.stop();
    await this.registry.close();
  }

  async #deploy(service: string, component: ComponentDefinition): Promise<void> {
    const name = containerNameOf(service, component.name);
    const labels = { "io.mcpctl.managed": "true", "io.mcpctl.service": service, "io.mcpctl.component": component.name };
    const id = await this.engine.create(containerSpec({ name, image: IMAGE, labels }));
    await this.engine.start(name);
    const info = await this.engine.inspect(name);
    await this.registry.observe([
      {
        service,
        component: component.name,
        observed: "running",
        at: this.timing.now(),
        containerId: id,
        version: "v1",
        ...(info?.startedAt === undefined ? {} : { startedAt: info.startedAt }),
      },
    ]);
  }

  async #heal(service: string, component: string, reason: HealReason): Promise<void> {
    const name = containerNameOf(service, component);
    this.busy.add(service);
    try {
      await settled();
      if (reason === "unwanted") return await this.engine.stop(name, 0);
      if (reason === "removed") return await this.#deploy(service, (await this.component(service, component)).spec);
      if (reason === "unhealthy") await this.engine.stop(name, 0);
      await this.engine.start(name);
    } finally {
      this.busy.delete(service);
    }
  }
}
