import { componentNotFound, serviceNotFound } from "../registry/not-found.ts";
import type { ComponentRecord, Registry } from "../registry/registry.ts";

/** Throws `not_found`/`SERVICE_NOT_FOUND`, `not_found`/`COMPONENT_NOT_FOUND`. */
export async function requireComponent(
  registry: Pick<Registry, "service" | "component">,
  service: string,
  component: string,
): Promise<ComponentRecord> {
  const found = await registry.component(service, component);
  if (found !== undefined) return found;
  throw (await registry.service(service)) === undefined ? serviceNotFound(service) : componentNotFound(service, component);
}
