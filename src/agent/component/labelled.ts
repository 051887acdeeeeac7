import type { ContainerInfo, ContainerSpec } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import { LABELS } from "./labels.ts";

export interface Origin {
  readonly node: string;
  /** The agent's id. */
  readonly agent: string;
  readonly service: string;
  readonly component: string;
  readonly specHash: string;
  readonly deployment: number;
  readonly operation: string;
  /** Paths by variable. */
  readonly secrets: ComponentDefinition["secrets"];
}

/** The spec with the labels that say whose it is and who made it. */
export function labelled(spec: ContainerSpec, origin: Origin): ContainerSpec {
  const labels = {
    ...spec.labels,
    [LABELS.managed]: "true",
    [LABELS.node]: origin.node,
    [LABELS.agent]: origin.agent,
    [LABELS.service]: origin.service,
    [LABELS.component]: origin.component,
    [LABELS.specHash]: origin.specHash,
    [LABELS.deployment]: String(origin.deployment),
    [LABELS.operation]: origin.operation,
    // Also where there are none: an image may have labels of its own.
    [LABELS.secrets]: JSON.stringify(origin.secrets),
  };
  return { ...spec, labels };
}

/** The secrets that a container of ours was made with, as its label has them; none where the label cannot be read. */
export function secretsOf({ labels }: Pick<ContainerInfo, "labels">): ComponentDefinition["secrets"] {
  if (labels[LABELS.managed] !== "true") return {};
  try {
    const parsed: unknown = JSON.parse(labels[LABELS.secrets] ?? "{}");
    const entries = parsed === null || typeof parsed !== "object" || Array.isArray(parsed) ? [] : Object.entries(parsed);
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}
