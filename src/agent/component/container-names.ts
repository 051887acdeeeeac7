import { containerNameOf } from "../../service-definition/service-definition.ts";

/** The names under which a component's containers stand. No dot is in a service's or component's name, so none is another's. */
export interface ContainerNames {
  /** The one that serves. */
  readonly current: string;
  /** The new one while it is prepared. */
  readonly next: string;
  /** The old one, set aside while the new one proves itself. */
  readonly prev: string;
  /** A stopped one that is kept for a rollback. */
  kept(deployment: number): string;
  /** The reference that keeps a deployment's image from being pruned. */
  keptImage(deployment: number): string;
}

export function containerNamesOf(service: string, component: string): ContainerNames {
  const current = containerNameOf(service, component);
  return {
    current,
    next: `${current}.next`,
    prev: `${current}.prev`,
    kept: (deployment) => `${current}.d${deployment}`,
    keptImage: (deployment) => `localhost/mcpctl/kept/${service}-${component}:d${deployment}`,
  };
}

/** Whether a container's name is one that a deploy of the component of the container `current` gives, beside that one. */
export function isSetAside(name: string, current: string): boolean {
  return name.startsWith(`${current}.`) && /^(next|prev|d\d+)$/.test(name.slice(current.length + 1));
}
