import type { AdoptResult } from "../agent-use-cases.ts";
import { type Outcome, outcomeOf, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { Operations } from "../operation/operations.ts";
import { type AdoptionDeps, adoptContainer } from "./adopt-container.ts";
import type { AdoptionCandidate } from "./plan-adoption.ts";

/** What an adoption takes over; it stands in the registry as the operation's input. */
export interface AdoptionOrder {
  readonly candidates: readonly AdoptionCandidate[];
  /** The service is not there yet: it is made, and goes again where nothing of it was adopted. */
  readonly isNew: boolean;
}

export interface AdoptionRequest {
  readonly caller: string;
  readonly service: string;
  readonly component?: string | undefined;
  readonly candidates: readonly AdoptionCandidate[];
}

/** Adopts containers into one service, as an operation that holds it meanwhile. Throws `conflict`/`SERVICE_BUSY`. */
export async function beginAdoption(
  deps: AdoptionDeps & { readonly operations: Operations },
  { caller, service, component, candidates }: AdoptionRequest,
): Promise<readonly AdoptResult[]> {
  if (candidates.length === 0) return [];
  const input: AdoptionOrder = { candidates, isNew: (await deps.registry.service(service)) === undefined };
  const taken: AdoptResult[] = [];
  const request = { kind: "adopt", service, component, requestId: "", caller, input } as const;
  const begun = await deps.operations.begin(request, (run) => adoptAll(deps, run, input, taken));
  await begun.finished();
  return taken;
}

/** All of it may be done again: what is adopted already is left as it is. Of a new service that is all stopped, nothing is to run. */
export async function adoptAll(
  deps: AdoptionDeps,
  run: OperationRun,
  { candidates, isNew }: AdoptionOrder,
  taken: AdoptResult[] = [],
): Promise<Outcome> {
  const { service } = run.operation;
  if (isNew) await run.step({ component: "", name: "record" }, () => saveEmptyService(deps, service));
  for (const candidate of candidates) {
    taken.push(await run.step({ component: candidate.component, name: "adopt" }, () => adoptContainer(deps, run.operation, candidate)));
  }
  const adopted = taken.filter(({ error }) => error === "");
  if (isNew && adopted.length === 0) await deps.registry.deleteService(service);
  if (isNew && adopted.length > 0 && adopted.every(({ desired }) => desired === "stopped")) {
    await deps.registry.updateService(service, { active: false }, deps.clock.now());
  }
  return outcomeOf(
    taken.map(({ component, error }) =>
      error === "" ? resultOf(component, "adopted") : resultOf(component, "failed", { ok: false, error }),
    ),
  );
}

/** With what an adoption that was broken off has put into it. */
async function saveEmptyService({ registry, clock, node }: AdoptionDeps, name: string): Promise<void> {
  if ((await registry.service(name)) !== undefined) return;
  await registry.saveService({ name, node, active: true, selfHeal: "heal", comment: "", components: [] }, clock.now());
}
