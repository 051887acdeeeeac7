import { AppError } from "../../core/app-error.ts";
import type { AdoptResult } from "../agent-use-cases.ts";
import { type AdoptionDeps, adoptContainer } from "./adopt-container.ts";
import type { AdoptionCandidate } from "./plan-adoption.ts";

/**
 * Adopts containers into one service, which is made where it is new; of one that is new and all stopped, nothing is to run.
 * Throws `conflict`/`SERVICE_BUSY` where an operation holds the service.
 */
export async function adoptAll(
  deps: AdoptionDeps,
  caller: string,
  service: string,
  candidates: readonly AdoptionCandidate[],
): Promise<readonly AdoptResult[]> {
  if (candidates.length === 0) return [];
  await requireFree(deps, service);
  const isNew = (await deps.registry.service(service)) === undefined;
  if (isNew) await saveEmptyService(deps, service);
  const results: AdoptResult[] = [];
  for (const candidate of candidates) results.push(await adoptContainer(deps, caller, service, candidate));
  const taken = results.filter(({ error }) => error === "");
  if (isNew && taken.length === 0) await deps.registry.deleteService(service);
  if (isNew && taken.length > 0 && taken.every(({ desired }) => desired === "stopped")) {
    await deps.registry.updateService(service, { active: false }, deps.clock.now());
  }
  return results;
}

function saveEmptyService({ registry, clock, node }: AdoptionDeps, name: string): Promise<unknown> {
  return registry.saveService({ name, node, active: true, selfHeal: "heal", comment: "", components: [] }, clock.now());
}

async function requireFree({ registry }: AdoptionDeps, service: string): Promise<void> {
  const [running] = await registry.operations({ service, running: true, limit: 1 });
  if (running === undefined) return;
  const { kind, caller, startedAt } = running;
  throw new AppError("conflict", "SERVICE_BUSY", `A ${kind} of ${service} by ${caller} runs since ${startedAt.toISOString()}`, {
    hint: "wait until it is over",
  });
}
