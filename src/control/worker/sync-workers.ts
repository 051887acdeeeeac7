import type { SyncedWorker } from "../../api/endpoints/worker-endpoints.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { holdsEverything } from "../access/holds-everything.ts";
import type { WorkerDefinition, WorkerRow } from "./worker.ts";
import type { WorkerStore } from "./worker-store.ts";

export interface SyncWorkersDeps {
  readonly workers: WorkerStore;
  /** This build's. */
  readonly definitions: readonly WorkerDefinition[];
  readonly clock: Clock;
}

export async function listWorkers(deps: SyncWorkersDeps, actor: Actor): Promise<readonly WorkerRow[]> {
  requireAdministrator(actor);
  return deps.workers.list();
}

/** Registers the build's workers; with `active` they are switched on or off. What cannot be written is told as an error of its own. */
export async function syncWorkers(deps: SyncWorkersDeps, actor: Actor, active: boolean | undefined): Promise<readonly SyncedWorker[]> {
  requireAdministrator(actor);
  const { workers, definitions, clock } = deps;
  try {
    const synced = await workers.sync(definitions, clock.now());
    if (active === undefined) return synced;
    return await Promise.all(synced.map((one) => (one.result === "skipped" || one.active === active ? one : switched(deps, one, active))));
  } catch (thrown) {
    const { message } = toAppError(thrown);
    return definitions.map(({ name }) => ({ name, active: false, result: "error", message }));
  }
}

async function switched({ workers, clock }: SyncWorkersDeps, { name, result }: SyncedWorker, active: boolean): Promise<SyncedWorker> {
  await workers.setActive(name, active, clock.now());
  return { name, active, result: result === "ok" ? "updated" : result };
}

function requireAdministrator({ caller }: Actor): void {
  if (!holdsEverything(caller)) throw new AppError("denied", "PERMISSION_DENIED", "Workers are the administrators'");
}
