import { AppError } from "../../core/app-error.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { Registry } from "../registry/registry.ts";

/** The definition of a service as the registry has it: without components that nobody has declared. Throws `not_found`/`SERVICE_NOT_FOUND`. */
export async function registeredDefinition(registry: Registry, name: string): Promise<ServiceDefinition> {
  const service = await registry.service(name);
  const components = (await registry.components({ service: name })).filter(({ desired }) => desired !== "ignore");
  if (service === undefined || components.length === 0) {
    throw new AppError("not_found", "SERVICE_NOT_FOUND", `There is no service ${name} on this node that was declared`, {
      hint: "deploy it from its file, or see mcpctl list",
    });
  }
  const { node, active, selfHeal, comment } = service;
  return { name, node, active, selfHeal, comment, components: components.map(({ spec }) => spec) };
}
