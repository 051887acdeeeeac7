import { AppError } from "../core/app-error.ts";
import { containerNameOf, type ServiceDefinition } from "./service-definition.ts";

/** Two services of one node that would have one container. */
export interface ContainerClash {
  readonly container: string;
  readonly node: string;
  readonly services: readonly [string, string];
}

/** The first clash in a set: `a-b` of service `a` and the service `a-b` alone both have the container `a-b`. */
export function findContainerClash(definitions: readonly ServiceDefinition[]): ContainerClash | undefined {
  const owners = new Map<string, string>();
  for (const { name: service, node, components } of definitions) {
    for (const { name } of components) {
      const container = containerNameOf(service, name);
      const key = `${node} ${container}`;
      const owner = owners.get(key);
      if (owner !== undefined && owner !== service) return { container, node, services: [owner, service] };
      owners.set(key, service);
    }
  }
  return undefined;
}

/** Throws `conflict`/`CONTAINER_NAMES_CLASH` where two services of the set would have one container. */
export function requireDistinctContainers(definitions: readonly ServiceDefinition[]): void {
  const clash = findContainerClash(definitions);
  if (clash === undefined) return;
  const [one, other] = clash.services;
  throw new AppError(
    "conflict",
    "CONTAINER_NAMES_CLASH",
    `The services '${one}' and '${other}' would both have the container '${clash.container}' on ${clash.node}`,
    { hint: "rename one of the services, or its component" },
  );
}
