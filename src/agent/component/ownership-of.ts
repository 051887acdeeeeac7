import type { ContainerInfo } from "../../runtime/runtime.ts";
import { LABELS } from "./labels.ts";

export interface Owner {
  readonly node: string;
  readonly service: string;
  readonly component: string;
  /** The component's current deployment; 0 before the first. */
  readonly deployment: number;
}

/**
 * Whether a container that stands under a component's name is that component's. One with our labels is whose they say. One
 * without them is the component's where that has a deployment already: it was adopted, or somebody has made it anew by hand.
 */
export function isOwnedBy({ labels }: Pick<ContainerInfo, "labels">, owner: Owner): boolean {
  if (labels[LABELS.managed] !== "true") return owner.deployment > 0;
  return labels[LABELS.node] === owner.node && labels[LABELS.service] === owner.service && labels[LABELS.component] === owner.component;
}

/** Whose a container is, for people. */
export function ownerText({ labels }: Pick<ContainerInfo, "labels">): string {
  if (labels[LABELS.managed] !== "true") return "nobody whom this agent knows";
  return `${labels[LABELS.service]}/${labels[LABELS.component]} of the node ${labels[LABELS.node]}`;
}
