import { createEngine, type Engine } from "../../src/agent/engine/create-engine.ts";
import { createProber } from "../../src/agent/probe/layered-prober.ts";
import { componentFixture, serviceFixture } from "../../src/agent/registry/registry.fixture.ts";
import type { Registry } from "../../src/agent/registry/registry.ts";
import { systemClock } from "../../src/core/clock.ts";
import { randomIds } from "../../src/core/ids.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { ComponentDefinition, ServiceDefinition } from "../../src/service-definition/service-definition.ts";

export interface BenchEngineOptions {
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly node: string;
}

const AGENT = "be".repeat(16);

/** The agent's engine as the program joins it, but that the health gate looks again at once: its waits are not what is measured. */
export async function benchEngine({ registry, runtime, node }: BenchEngineOptions): Promise<Engine> {
  // What one registry has deployed the next one finds, and the agent that watches it afterwards.
  await registry.setAgentId(AGENT);
  const refuse = async () => {
    throw new Error("nothing here is probed");
  };
  return createEngine({
    registry,
    runtime,
    node,
    agent: AGENT,
    prober: createProber({ runtime, dial: refuse, askHttp: refuse, askMcp: refuse }),
    clock: systemClock,
    timer: { monotonicMs: () => performance.now(), wait: async () => {} },
    traffic: { drained: async () => {} },
    ids: randomIds,
    readSecret: refuse,
    guardBinds: async () => {},
    requireOpen: () => {},
  });
}

/** A service of one node whose components all run the same image. */
export function serviceOf(
  node: string,
  name: string,
  components: readonly Pick<ComponentDefinition, "name" | "image">[],
): ServiceDefinition {
  return serviceFixture({ node, name, components: components.map((each) => componentFixture({ stopTimeoutMs: 1000, ...each })) });
}

/** Deploys and waits; throws where not everything of it went well. */
export async function deployWhole(engine: Engine, definition: ServiceDefinition): Promise<void> {
  const begun = await engine.deploys.deploy("bench", { what: { definition }, requestId: "", onFailure: "continue", pull: "never" });
  const { operation, results } = await begun.finished();
  if (operation.state !== "succeeded")
    throw new Error(`the deploy of ${definition.name} came to ${operation.state}: ${JSON.stringify(results)}`);
}

/** Removes a service with its containers and the images that are kept for it; throws where that did not go well. */
export async function removeWhole(engine: Engine, service: string): Promise<void> {
  const { operation } = await (await engine.lifecycle.remove("bench", { service, requestId: "" })).finished();
  if (operation.state !== "succeeded") throw new Error(`the removal of ${service} came to ${operation.state}: ${operation.error}`);
}
