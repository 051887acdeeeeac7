import type { ContainerSummary } from "../../runtime/runtime.ts";
import { parseName } from "../../service-definition/name-rules.ts";
import { LABELS } from "../component/labels.ts";
import { type AgentIdentity, isForeign, ownerText } from "../component/ownership-of.ts";

/** A container that is adopted, as which component; or why it cannot be. */
export interface AdoptionCandidate {
  readonly id: string;
  /** Its name. */
  readonly container: string;
  readonly component: string;
  readonly problem?: string;
}

export interface AdoptionScope extends AgentIdentity {
  readonly service: string;
  /** Of every service on the node. */
  readonly services: readonly string[];
}

/**
 * The containers that are a service's by their names: its own name, and `<service>-<component>`. Where several services
 * fit, the one with the longest name has it: `web-api-1` is of `web-api` and not of `web`.
 */
export function planAdoption(containers: readonly ContainerSummary[], scope: AdoptionScope): readonly AdoptionCandidate[] {
  return containers
    .filter(({ name }) => ownerOf(name, [...scope.services, scope.service]) === scope.service)
    .filter((container) => !isOursWhileItIsReplaced(container))
    .map((container) => candidateOf(container, scope, componentOf(container.name, scope.service)))
    .sort((a, b) => (a.container < b.container ? -1 : 1));
}

/** A container as this component, whatever its name. Without a component's name its own says it. */
export function candidateOf(container: ContainerSummary, scope: AdoptionScope, component: string): AdoptionCandidate {
  const { id, name, labels } = container;
  const candidate = { id, container: name, component };
  if (labels[LABELS.managed] === "true" && (isForeign(container, scope) || !isOf(labels, scope, component))) {
    return { ...candidate, problem: `it is ${ownerText(container)}` };
  }
  const problem = nameProblem(component);
  return problem === undefined ? candidate : { ...candidate, problem };
}

/** `metacrypt-api` of `metacrypt` is `api`; `mc-proxy` of `mc-proxy` is `mc-proxy`. */
export function componentOf(container: string, service: string): string {
  return container.startsWith(`${service}-`) ? container.slice(service.length + 1) : container;
}

function ownerOf(container: string, services: readonly string[]): string | undefined {
  return services
    .filter((service) => container === service || container.startsWith(`${service}-`))
    .reduce<string | undefined>((longest, service) => (service.length > (longest?.length ?? 0) ? service : longest), undefined);
}

/** `<name>.next`, `<name>.prev`, `<name>.d3`: what a deploy prepares or keeps. */
function isOursWhileItIsReplaced({ name, labels }: ContainerSummary): boolean {
  return labels[LABELS.managed] === "true" && name.includes(".");
}

function isOf(labels: ContainerSummary["labels"], { service }: AdoptionScope, component: string): boolean {
  return labels[LABELS.service] === service && labels[LABELS.component] === component;
}

function nameProblem(component: string): string | undefined {
  try {
    parseName(component);
    return undefined;
  } catch (thrown) {
    return `${(thrown as Error).message} of a component; adopt it by itself, and name the component`;
  }
}
