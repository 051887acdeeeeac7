/** For tests: an engine on a registry in memory and a runtime in memory, both of which can be let fail. */
import type { Clock } from "../../core/clock.ts";
import { FakeClock, FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import { FaultyRuntime } from "../../runtime/fake/faulty-runtime.fixture.ts";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { BegunOperation, DeployInput, OperationReport } from "../agent-use-cases.ts";
import type { Timer, Traffic } from "../deploy/engine-deps.ts";
import type { Prober, ProbeVerdict } from "../probe/prober.ts";
import { registryFixture } from "../registry/registry.fixture.ts";
import type { Registry } from "../registry/registry.ts";
import { createEngine, type Engine, type EngineOptions } from "./create-engine.ts";

export const NODE = "here";
export const AGENT = "a".repeat(32);

/** Time that passes when somebody waits. */
class FakeTimer implements Timer {
  readonly clock: FakeClock;
  constructor(clock: FakeClock) {
    this.clock = clock;
  }
  monotonicMs(): number {
    return this.clock.now().getTime();
  }
  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
  }
}

export interface World {
  readonly runtime: FakeRuntime;
  readonly faulty: FaultyRuntime;
  readonly registry: Registry;
  readonly engine: Engine;
  readonly clock: Clock;
  /** Files of secrets, by `service/path`. */
  readonly secrets: Map<string, string>;
  /** What a probe says of a container; undefined: as its process is. */
  probe: (container: ContainerInfo) => ProbeVerdict | undefined | Promise<ProbeVerdict | undefined>;
  isOpen: boolean;
  readonly drained: string[];
  /** Another agent on the same machine with the same registry, as after a start; the first is taken for dead. */
  successor(more?: Partial<Pick<EngineOptions, "runtime" | "registry" | "agent">>): Engine;
  /** Deploys and waits; of `continue` and `missing`, unless it is said otherwise. */
  deploy(definition: ServiceDefinition, more?: Partial<DeployInput>): Promise<OperationReport>;
  /** The container's image and state by name, of all there are. */
  seen(): Promise<Readonly<Record<string, string>>>;
}

export function engineWorld(
  more: Partial<Pick<EngineOptions, "registry" | "guardBinds">> & { readonly wrap?: (registry: Registry) => Registry } = {},
): World {
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ clock });
  const faulty = new FaultyRuntime(runtime);
  const registry = more.registry ?? registryFixture();
  const secrets = new Map<string, string>();
  const drained: string[] = [];
  let count = 0;
  const prober: Prober = {
    probe: async (container) => (await world.probe(container)) ?? processVerdict(container),
  };
  const traffic: Traffic = { drained: async (id) => void drained.push(id) };
  const options = (over: Pick<EngineOptions, "runtime" | "registry"> & Partial<Pick<EngineOptions, "agent">>): EngineOptions => ({
    agent: AGENT,
    ...over,
    prober,
    clock,
    timer: new FakeTimer(clock),
    traffic,
    node: NODE,
    ids: { next: (prefix) => `${prefix}_${++count}` },
    readSecret: async (service, path) => secrets.get(`${service}/${path}`) ?? Promise.reject(new Error(`no file ${path}`)),
    guardBinds: more.guardBinds ?? (async () => {}),
    requireOpen: () => {
      if (!world.isOpen) throw new Error("drained");
    },
  });
  const world: World = {
    runtime,
    faulty,
    registry,
    clock,
    secrets,
    drained,
    engine: createEngine(options({ runtime: faulty, registry: more.wrap?.(registry) ?? registry })),
    probe: () => undefined,
    isOpen: true,
    successor: (change = {}) => createEngine(options({ runtime, registry, ...change })),
    deploy: async (definition, input = {}) => await finished(world.engine.deploys.deploy("anna", deployInput(definition, input))),
    seen: async () => {
      const containers = await runtime.list();
      return Object.fromEntries(containers.map(({ name, image, state }) => [name, `${imageName(runtime, image)} ${state}`]));
    },
  };
  return world;
}

export function deployInput(definition: ServiceDefinition, more: Partial<DeployInput> = {}): DeployInput {
  return { what: { definition }, requestId: "", onFailure: "continue", pull: "missing", ...more };
}

export async function finished(begun: Promise<BegunOperation>): Promise<OperationReport> {
  return await (await begun).finished();
}

const names = new WeakMap<FakeRuntime, Map<string, string>>();

/** Makes images by tags of `registry.test/web/api`, and remembers what they are called. */
export function addImages(runtime: FakeRuntime, ...tags: readonly string[]): void {
  const known = names.get(runtime) ?? new Map<string, string>();
  names.set(runtime, known);
  for (const tag of tags) known.set(runtime.addImage(`registry.test/web/api:${tag}`).id, tag);
}

function imageName(runtime: FakeRuntime, id: string): string {
  return names.get(runtime)?.get(id) ?? id;
}

function processVerdict({ state, exitCode }: ContainerInfo): ProbeVerdict {
  if (state === "running") return { ok: true, detail: "up" };
  return { ok: false, layer: "process", reason: `${state} with ${exitCode}` };
}
