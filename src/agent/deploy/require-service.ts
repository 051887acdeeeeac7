import { orderByDependencies } from "../../service-definition/component-order.ts";
import { componentNotFound, serviceNotFound } from "../registry/not-found.ts";
import type { ComponentRecord, Registry } from "../registry/registry.ts";

/**
 * The components of a service, or the one that is named, each after those it depends on; without a name only those that
 * somebody has declared. Throws `not_found`/`SERVICE_NOT_FOUND`, `COMPONENT_NOT_FOUND`.
 */
export async function requireService(
  registry: Registry,
  service: string,
  component: string | undefined,
): Promise<readonly ComponentRecord[]> {
  if ((await registry.service(service)) === undefined) throw serviceNotFound(service);
  const records = await registry.components({ service });
  const wanted = records.filter(({ name, desired }) => (component === undefined ? desired !== "ignore" : name === component));
  if (component !== undefined && wanted.length === 0) throw componentNotFound(service, component);
  const order = orderByDependencies(wanted.map(({ spec }) => spec))?.map(({ name }) => name);
  return order === undefined ? wanted : wanted.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
}
