import type { Runtime } from "../../runtime/runtime.ts";
import { type BlueprintDeps, blueprintOf } from "../component/blueprint.ts";
import { diffsOf } from "../deploy/plan-component.ts";
import type { DriftFinder } from "../monitor/drift-of.ts";
import type { Registry } from "../registry/registry.ts";
import { KnownImages } from "./known-images.ts";

export interface DriftFinderDeps extends BlueprintDeps {
  readonly registry: Pick<Registry, "deployments">;
  readonly runtime: Pick<Runtime, "image">;
}

/**
 * Compares a container with what its component says now, with the image that was deployed: a tag that has moved since is no
 * drift, and a definition that names another image by now is.
 */
export function createDriftFinder(deps: DriftFinderDeps): DriftFinder {
  const images = new KnownImages(deps.runtime);
  return async (record, container, signal) => {
    const { service, name, spec, deployment } = record;
    const deployed = (await deps.registry.deployments(service, name)).find(({ number }) => number === deployment);
    const isDeployed = deployed !== undefined && deployed.spec.image === spec.image;
    const image = await (isDeployed ? images.byId(deployed.imageId, signal) : deps.runtime.image(spec.image, signal));
    return diffsOf(await blueprintOf(deps, { service, component: spec, image }, signal), container);
  };
}
