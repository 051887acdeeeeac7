import type { ContainerSpec, ImageInfo } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { BindGuard } from "./bind-guard.ts";
import { containerSpecOf } from "./container-spec-of.ts";
import type { DiffInput } from "./diff-of.ts";
import { specHashOf } from "./spec-hash.ts";

/** The value of a secret in a file below the service's directory. Throws `not_found` or `invalid` with the path. */
export type ReadSecret = (service: string, path: string, signal?: AbortSignal) => Promise<string>;

/** A component's container as it is to be, with what is needed to compare it. */
export interface Blueprint extends DiffInput {
  readonly spec: ContainerSpec;
  readonly specHash: string;
}

export interface BlueprintDeps {
  readonly readSecret: ReadSecret;
  readonly guardBinds: BindGuard;
}

/** Reads the component's secrets, and throws where its node does not allow what it binds. `image` undefined: it is not here. */
export async function blueprintOf(
  deps: BlueprintDeps,
  wish: { readonly service: string; readonly component: ComponentDefinition; readonly image: ImageInfo | undefined },
  signal?: AbortSignal,
): Promise<Blueprint> {
  const { service, component, image } = wish;
  const secrets: Record<string, string> = {};
  for (const [variable, path] of Object.entries(component.secrets)) secrets[variable] = await deps.readSecret(service, path, signal);
  const spec = containerSpecOf({ service, component, imageId: image?.id ?? component.image, secrets });
  await deps.guardBinds(service, spec);
  const specHash = specHashOf(containerSpecOf({ service, component, imageId: spec.image, secrets: component.secrets }));
  return { spec, specHash, image, imageName: component.image, secrets: Object.keys(secrets) };
}
