import { blueprintOf } from "../../src/agent/component/blueprint.ts";
import { labelled } from "../../src/agent/component/labelled.ts";
import type { Engine } from "../../src/agent/engine/create-engine.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Figure } from "../access/measure.ts";
import { deployWhole, removeWhole, serviceOf } from "./bench-engine.ts";

/** The agent's own work beside podman's. */
const BUDGET = { limit: 150, is: "at most" } as const;
const COMPONENT = "api";

export interface DeployOverheadOptions {
  readonly engine: Engine;
  /** The one that the engine has. */
  readonly runtime: Runtime;
  readonly node: string;
  /** One that is here. */
  readonly image: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** A deploy by the engine beside a bare create and start of the same container by the same socket, in turn. */
export async function deployOverhead(options: DeployOverheadOptions): Promise<Figure[]> {
  const measures = { bare: bareMs, deployed: deployedMs };
  const times = { bare: [] as number[], deployed: [] as number[] };
  for (const [name, measure] of Object.entries(measures)) await measure(options, `${options.node}-warm-${name}`);
  for (let round = 0; round < options.rounds; round += 1) {
    // Who is first in one round is second in the next.
    const order = round % 2 === 0 ? (["bare", "deployed"] as const) : (["deployed", "bare"] as const);
    for (const name of order) times[name].push(await measures[name](options, `${options.node}-${name}-${round}`));
  }
  const added = times.deployed.map((ms, round) => ms - (times.bare[round] ?? Number.NaN));
  return [
    { what: "podman create and start by its socket", rounds: times.bare, unit: "ms" },
    { what: "deploy of one component, the gate's waits left out", rounds: times.deployed, unit: "ms" },
    { what: "what a deploy adds", rounds: added, unit: "ms", budget: BUDGET },
  ];
}

async function deployedMs({ engine, node, image, signal }: DeployOverheadOptions, service: string): Promise<number> {
  signal.throwIfAborted();
  const definition = serviceOf(node, service, [{ name: COMPONENT, image }]);
  const start = performance.now();
  await deployWhole(engine, definition);
  const took = performance.now() - start;
  await removeWhole(engine, service);
  return took;
}

async function bareMs({ runtime, node, image, signal }: DeployOverheadOptions, service: string): Promise<number> {
  signal.throwIfAborted();
  const [component] = serviceOf(node, service, [{ name: COMPONENT, image }]).components;
  if (component === undefined) throw new Error("a service has a component");
  const here = await runtime.image(image);
  const blueprint = await blueprintOf({ readSecret: async () => "", guardBinds: async () => {} }, { service, component, image: here });
  const { specHash } = blueprint;
  const maker = { node, agent: "bench", operation: "op_none" };
  const origin = { ...maker, service, component: COMPONENT, specHash, deployment: 1, secrets: {} };
  const spec = labelled(blueprint.spec, origin);
  const start = performance.now();
  await runtime.create(spec);
  await runtime.start(spec.name);
  const took = performance.now() - start;
  await runtime.remove(spec.name);
  return took;
}
