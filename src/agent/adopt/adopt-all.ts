import type { AdoptResult } from "../agent-use-cases.ts";
import { type Outcome, outcomeOf, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { Operations } from "../operation/operations.ts";
import { type AdoptionDeps, adoptContainer } from "./adopt-container.ts";
import type { AdoptionCandidate } from "./plan-adoption.ts";

/** What an adoption takes over; it stands in the registry as the operation's input. */
export interface AdoptionOrder {
  readonly candidates: readonly AdoptionCandidate[];
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
  const input: AdoptionOrder = { candidates };
  const taken: AdoptResult[] = [];
  const request = { kind: "adopt", service, component, requestId: "", caller, input } as const;
  const begun = await deps.operations.begin(request, (run) => adoptAll(deps, run, input, taken));
  await begun.finished();
  return taken;
}

/** Makes the service that containers are adopted into; it goes again where nothing of it was. */
const RECORD_STEP = "record";

/** All of it may be done again: what is adopted already is left as it is. Of a new service that is all stopped, nothing is to run. */
export async function adoptAll(
  deps: AdoptionDeps,
  run: OperationRun,
  { candidates }: AdoptionOrder,
  taken: AdoptResult[] = [],
): Promise<Outcome> {
  const { service } = run.operation;
  const isNew = await isMadeHere(deps, run);
  if (isNew) await run.step({ component: "", name: RECORD_STEP }, () => saveEmptyService(deps, service));
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

/** Asked while the operation holds the service: before it, a sync may make it. An adoption that was broken off may have begun to. */
async function isMadeHere({ registry }: AdoptionDeps, { operation }: OperationRun): Promise<boolean> {
  if ((await registry.service(operation.service)) === undefined) return true;
  return (await registry.steps(operation.id)).some(({ name }) => name === RECORD_STEP);
}

/** With what an adoption that was broken off has put into it. */
async function saveEmptyService({ registry, clock, node }: AdoptionDeps, name: string): Promise<void> {
  if ((await registry.service(name)) !== undefined) return;
  await registry.saveService({ name, node, active: true, selfHeal: "heal", comment: "", components: [] }, clock.now());
}
