import type { ContainerInfo } from "../../runtime/runtime.ts";
import { LABELS } from "./labels.ts";

type Labelled = Pick<ContainerInfo, "labels">;

/** An agent, as it stands in the labels of what it makes. */
export interface AgentIdentity {
  /** Its node's name, which agents on one machine may share. */
  readonly node: string;
  /** Its id, which is its own. */
  readonly agent: string;
}

export interface Owner extends AgentIdentity {
  readonly service: string;
  readonly component: string;
  /** The component's current deployment; 0 before the first. */
  readonly deployment: number;
}

/** Whether another agent has made it. What bears none of our labels is nobody's. */
export function isForeign({ labels }: Labelled, { node, agent }: AgentIdentity): boolean {
  if (labels[LABELS.managed] !== "true") return false;
  return labels[LABELS.node] !== node || (labels[LABELS.agent] ?? agent) !== agent;
}

/**
 * Whether a container that stands under a component's name is that component's. One with our labels is whose they say. One
 * that names no agent is the component's where that has a deployment already: it was adopted, it was made before agents had
 * ids, or somebody has made it anew by hand.
 */
export function isOwnedBy(container: Labelled, owner: Owner): boolean {
  const { labels } = container;
  const isKnown = owner.deployment > 0;
  if (labels[LABELS.managed] !== "true") return isKnown;
  if (isForeign(container, owner) || (labels[LABELS.agent] === undefined && !isKnown)) return false;
  return labels[LABELS.service] === owner.service && labels[LABELS.component] === owner.component;
}

/** Whose a container is, for people. */
export function ownerText({ labels }: Labelled): string {
  if (labels[LABELS.managed] !== "true") return "nobody whom this agent knows";
  const agent = labels[LABELS.agent];
  const whose = agent === undefined ? "" : `, made by the agent ${agent}`;
  return `${labels[LABELS.service]}/${labels[LABELS.component]} of the node ${labels[LABELS.node]}${whose}`;
}
