import { versionOfImage } from "../../service-definition/image-reference.ts";
import { containerNamesOf } from "../component/container-names.ts";
import { isForeign } from "../component/ownership-of.ts";
import type { Observation } from "../registry/registry.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { isUp } from "./plan-component.ts";

/** Writes down what the engine says of a component after something was done to it; what does not run was stopped on purpose. */
export async function observeNow(
  { runtime, registry, clock, ...identity }: Pick<EngineDeps, "runtime" | "registry" | "clock" | "node" | "agent">,
  service: string,
  component: { readonly name: string; readonly image: string },
  signal?: AbortSignal,
): Promise<void> {
  const info = await runtime.inspect(containerNamesOf(service, component.name).current, signal);
  const seen = (): Omit<Observation, "at"> => {
    if (info === undefined || isForeign(info, identity)) return { observed: "removed" };
    const { id: containerId, imageDigest, startedAt, exitCode, oomKilled } = info;
    return {
      observed: isUp(info) ? "running" : "stopped",
      containerId,
      imageDigest,
      version: versionOfImage(component.image),
      oomKilled,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  };
  await registry.observe([{ service, component: component.name, at: clock.now(), ...seen() }]);
}
