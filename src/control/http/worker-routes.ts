import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { WorkerResource } from "../../api/endpoints/worker-endpoints.ts";
import { listWorkers, type SyncWorkersDeps, syncWorkers } from "../worker/sync-workers.ts";
import type { WorkerRow } from "../worker/worker.ts";
import { type Route, route } from "./route.ts";

export function workerRoutes(deps: SyncWorkersDeps): Route[] {
  const { workers } = ENDPOINTS;
  return [
    route(workers.list, async ({ actor }) => ({ items: (await listWorkers(deps, actor)).map(resourceOf) })),
    route(workers.sync, async ({ actor, body }) => ({ workers: [...(await syncWorkers(deps, actor, body.active))] })),
  ];
}

function resourceOf({ className, createdAt, updatedAt, seenAt, ...row }: WorkerRow): WorkerResource {
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString(), seenAt: seenAt?.toISOString() ?? null };
  return { ...row, class: className, ...times };
}
