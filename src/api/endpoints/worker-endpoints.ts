import { z } from "zod";
import { defineEndpoint } from "../endpoint.ts";
import { noBody, noQuery } from "../fields.ts";

const instant = z.iso.datetime();

/** What carries dispatched calls out, in however many processes it runs. */
export const workerResourceSchema = z.object({
  name: z.string(),
  /** What it is made of. */
  class: z.string(),
  description: z.string(),
  /** The version that has registered it last. */
  build: z.string(),
  /** Switched off, it takes no tasks. */
  active: z.boolean(),
  createdAt: instant,
  updatedAt: instant,
  /** When one that runs said so last. */
  seenAt: instant.nullable(),
});
export type WorkerResource = z.infer<typeof workerResourceSchema>;

export const syncedWorkerSchema = z.object({
  name: z.string(),
  active: z.boolean(),
  /** `skipped`: it is none of this version's, and stays as it is. */
  result: z.enum(["created", "updated", "ok", "skipped", "error"]),
  /** Why, of an error. */
  message: z.string().optional(),
});
export type SyncedWorker = z.infer<typeof syncedWorkerSchema>;

const any = { credential: "any", query: noQuery } as const;

/** For administrators. */
export const workers = {
  list: defineEndpoint({
    ...any,
    name: "workers.list",
    method: "GET",
    path: "/api/v1/workers",
    summary: "What carries dispatched calls out, and when it was seen last",
    status: 200,
    body: noBody,
    reply: z.object({ items: z.array(workerResourceSchema) }),
  }),
  sync: defineEndpoint({
    ...any,
    name: "workers.sync",
    method: "POST",
    path: "/api/v1/workers/sync",
    summary: "Register this version's workers, and switch them on or off where the body says so",
    status: 200,
    body: z.strictObject({ active: z.boolean().optional() }),
    reply: z.object({ workers: z.array(syncedWorkerSchema) }),
  }),
};
