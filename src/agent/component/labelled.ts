import type { ContainerSpec } from "../../runtime/runtime.ts";
import { LABELS } from "./labels.ts";

export interface Origin {
  readonly node: string;
  readonly service: string;
  readonly component: string;
  readonly specHash: string;
  readonly deployment: number;
  readonly operation: string;
}

/** The spec with the labels that say whose it is and who made it. */
export function labelled(spec: ContainerSpec, origin: Origin): ContainerSpec {
  const labels = {
    ...spec.labels,
    [LABELS.managed]: "true",
    [LABELS.node]: origin.node,
    [LABELS.service]: origin.service,
    [LABELS.component]: origin.component,
    [LABELS.specHash]: origin.specHash,
    [LABELS.deployment]: String(origin.deployment),
    [LABELS.operation]: origin.operation,
  };
  return { ...spec, labels };
}
