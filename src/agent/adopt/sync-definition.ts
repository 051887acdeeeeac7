import { AppError } from "../../core/app-error.ts";
import type { ComponentDefinition, ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { SyncResult } from "../agent-use-cases.ts";
import type { Operations } from "../operation/operations.ts";
import type { ComponentRecord, DesiredState, ServiceRecord } from "../registry/registry.ts";
import type { AdoptionDeps } from "./adopt-container.ts";

/** What a sync changes of one service: what people are told, and what is wanted of its components then. */
export interface SyncPlan {
  readonly change: Exclude<SyncResult["change"], "failed">;
  readonly details: readonly string[];
  readonly desired: readonly { readonly component: string; readonly desired: DesiredState }[];
}

/** Compares a definition with what the registry has of its service. Components that are not in it any more become `ignore`. */
export function planSync(
  definition: ServiceDefinition,
  service: ServiceRecord | undefined,
  components: readonly ComponentRecord[],
): SyncPlan {
  const desired: DesiredState = definition.active ? "running" : "stopped";
  const known = new Map(components.map((record) => [record.name, record]));
  const declared = new Set(definition.components.map(({ name }) => name));
  const gone = components.filter(({ name, desired: now }) => !declared.has(name) && now !== "ignore");
  const details = [
    ...(service === undefined ? [] : serviceChanges(definition, service)),
    ...definition.components.flatMap((component) => componentChanges(component, desired, known.get(component.name), service !== undefined)),
    ...gone.map(({ name }) => `${name}: not declared any more, its container is left alone`),
  ];
  return {
    change: service === undefined ? "created" : details.length === 0 ? "unchanged" : "updated",
    details: service === undefined ? [`${definition.components.map(({ name }) => name).join(", ")}: ${desired}`, ...details] : details,
    desired: [
      ...definition.components.filter(({ name }) => known.get(name)?.desired !== desired).map(({ name }) => ({ component: name, desired })),
      ...gone.map(({ name }) => ({ component: name, desired: "ignore" as const })),
    ],
  };
}

/**
 * Creates a service or brings it up to its definition in the registry; containers change with the next deploy. What cannot
 * be done is told in the result and changes nothing of the service.
 */
export async function syncDefinition(
  deps: AdoptionDeps & { readonly operations: Pick<Operations, "between"> },
  definition: ServiceDefinition,
): Promise<SyncResult> {
  const { registry, clock, node, operations } = deps;
  const { name } = definition;
  try {
    if (definition.node !== node) {
      throw new AppError("invalid", "NODE_MISMATCH", `${name} is for the node ${definition.node}, and this is ${node}`);
    }
    // An operation writes down what it brings about, and would write over what a sync has brought meanwhile.
    const plan = await operations.between(name, async () => {
      const [service, components] = await Promise.all([registry.service(name), registry.components({ service: name })]);
      const made = planSync(definition, service, components);
      if (made.change === "unchanged") return made;
      await registry.saveService(definition, clock.now());
      for (const { component, desired } of made.desired) await registry.setDesired(name, component, desired);
      return made;
    });
    return { service: name, change: plan.change, details: plan.details, error: "" };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return { service: name, change: "failed", details: [], error: thrown.message };
  }
}

function serviceChanges(definition: ServiceDefinition, service: ServiceRecord): readonly string[] {
  const { active, selfHeal, comment } = definition;
  return [
    ...(active === service.active ? [] : [`active: ${service.active} → ${active}`]),
    ...(selfHeal === service.selfHeal ? [] : [`self_heal: ${service.selfHeal} → ${selfHeal}`]),
    ...(comment === service.comment ? [] : ["comment"]),
    ...(definition.node === service.node ? [] : [`node: ${service.node} → ${definition.node}`]),
  ];
}

function componentChanges(
  component: ComponentDefinition,
  desired: DesiredState,
  known: ComponentRecord | undefined,
  isKnownService: boolean,
): readonly string[] {
  const { name } = component;
  if (known === undefined) return isKnownService ? [`${name}: new, ${desired}`] : [];
  const fields = changedFields(known.spec, component);
  return [
    ...(fields.length === 0 ? [] : [`${name}: ${fields.join(", ")}`]),
    ...(known.desired === desired ? [] : [`${name}: ${known.desired} → ${desired}`]),
  ];
}

function changedFields(before: ComponentDefinition, after: ComponentDefinition): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof ComponentDefinition)[];
  return keys
    .filter((key) => !Bun.deepEquals(before[key], after[key]))
    .sort()
    .map((key) => (key === "image" ? `image ${before.image} → ${after.image}` : key));
}
