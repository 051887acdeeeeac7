import type { SyncedWorker, WorkerDefinition, WorkerRow } from "./worker.ts";

/** The workers of an installation. Every adapter passes `worker-store.contract.ts`. */
export interface WorkerStore {
  /** By name. */
  list(): Promise<readonly WorkerRow[]>;
  byName(name: string): Promise<WorkerRow | undefined>;
  /** Brings the build's workers in; one that is switched off stays so. The others are left as they are. */
  sync(definitions: readonly WorkerDefinition[], now: Date): Promise<readonly SyncedWorker[]>;
  /** False where there is none of this name. */
  setActive(name: string, active: boolean, now: Date): Promise<boolean>;
  /** One of this name runs. */
  seen(name: string, now: Date): Promise<void>;
}
