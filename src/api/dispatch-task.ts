import { z } from "zod";
import { grantSchema } from "./grant.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256, 64 of 0-9 and a-f");
const id = z.string().min(1).max(40);

/** JSON text of this many bytes at most is kept of an outcome; as a string in a body of REST it is twice as long at most. */
export const MAX_OUTCOME_BYTES = 480 * 1024;
const outcome = z.string().max(MAX_OUTCOME_BYTES);

/** Who carries a task out, told by a secret that only they know. */
export const taskLeaseSchema = z.strictObject({ taskId: id, owner: id });
export type TaskLease = z.infer<typeof taskLeaseSchema>;

/** The order in which waiting tasks are taken; within one of these the principals take turns. */
export const TASK_PRIORITIES = ["high", "normal", "low"] as const;
export type TaskPriority = (typeof TASK_PRIORITIES)[number];

/** Where a call was dispatched and what it calls, for whoever sees the task. */
const place = {
  /** The project's name, and the server's handle on a route of one server. */
  project: z.string().max(190).nullable(),
  server: z.string().max(190).nullable(),
  /** The tool by the name that the request gave it. */
  tool: z.string().max(190).nullable(),
};
const taskPlaceSchema = z.strictObject(place);
export type TaskPlace = z.infer<typeof taskPlaceSchema>;

/** A call that somebody else may carry out later: all that they need of its request. */
export const laterCallSchema = z.strictObject({
  /** JSON text of the params, as it came; null where there were none. */
  params: outcome.nullable(),
  /** What the credential of the request opened; what it opens when the call is carried out is asked anew. */
  grant: grantSchema,
  ...place,
  priority: z.enum(TASK_PRIORITIES),
});
export type LaterCall = z.infer<typeof laterCallSchema>;

/** A call under a key: to be carried out now by whoever sends this, or later, where it says what that takes. */
export const taskClaimSchema = z.strictObject({
  ...taskLeaseSchema.shape,
  /** Of principal, target and key: one task has it. */
  keyHash: sha256,
  /** Of principal, target, method and params. */
  payloadHash: sha256,
  /** As `<kind>:<id>`. */
  principal: z.string().min(1).max(190),
  /** `server:<id>` or `project:<id>`. */
  target: z.string().min(1).max(190),
  idempotencyKey: z.string().min(1).max(255),
  method: z.string().min(1).max(100),
  traceId: z.string().min(1).max(64),
  /** How long whoever carries it out may go without a word. */
  leaseMs: z.int().min(1000).max(3_600_000),
  /** Absent: it is carried out now or not at all. */
  later: laterCallSchema.optional(),
  /** Of one that is carried out now and says nothing of later. */
  place: taskPlaceSchema.optional(),
});
export type TaskClaim = z.infer<typeof taskClaimSchema>;

/** How a task ended. */
export const taskOutcomeSchema = z.strictObject({
  state: z.enum(["finished", "failed", "canceled"]),
  /** JSON text: the result of a finished one, the error of another. */
  text: outcome,
});
export type TaskOutcome = z.infer<typeof taskOutcomeSchema>;

export const knownTaskSchema = z.object({
  taskId: z.string(),
  /** Of the request that began it. */
  traceId: z.string(),
  /** Null until it has ended. */
  outcome: taskOutcomeSchema.nullable(),
});
export type KnownTask = z.infer<typeof knownTaskSchema>;

/** What comes of a claim. */
export const claimedTaskSchema = z.discriminatedUnion("kind", [
  /** It is the claimant's to carry out, now. */
  z.object({ kind: z.literal("begun") }),
  /** It waits for a worker. */
  z.object({ kind: z.literal("queued") }),
  /** The same call was begun under this key before. */
  z.object({ kind: z.literal("known"), task: knownTaskSchema }),
  /** Another call was begun under this key before. */
  z.object({ kind: z.literal("conflict") }),
]);
export type ClaimedTask = z.infer<typeof claimedTaskSchema>;

/**
 * queued → preparing (a worker has it, and asks anew whether the call may be made) → running (noted before the server
 * hears of it) → finished | failed | canceled. From preparing it may go back to queued, and from running where carrying
 * the call out twice does no harm.
 */
export const TASK_STATES = ["queued", "preparing", "running", "finished", "failed", "canceled"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What the server said last of how far it is, as `notifications/progress` has it. */
export const taskProgressSchema = z.object({ progress: z.number(), total: z.number().optional(), message: z.string().optional() });
export type TaskProgress = z.infer<typeof taskProgressSchema>;

/** As JSON-RPC has it; `data.reason` is the machine's word for it, where the error is not the server's. */
export const taskErrorSchema = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });

const instant = z.iso.datetime({ offset: true });

/** A task as whoever dispatched it sees it; everybody else is told that there is none. */
export const taskSchema = z.object({
  id: z.string(),
  state: z.enum(TASK_STATES),
  /** The name of the project, and the handle of the server on a route of one server. */
  project: z.string().nullable(),
  server: z.string().nullable(),
  method: z.string(),
  /** Of a tools/call, by the name that the request gave it. */
  tool: z.string().nullable(),
  idempotency_key: z.string(),
  trace_id: z.string(),
  priority: z.enum(TASK_PRIORITIES),
  /** How often a worker has begun it, and how often it may. */
  attempts: z.int(),
  max_attempts: z.int(),
  progress: taskProgressSchema.nullable(),
  /** Somebody wants it canceled, and it runs still. */
  cancel_requested: z.boolean(),
  created_at: instant,
  updated_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  /** When its key is forgotten, and the task with it. */
  expires_at: instant,
  /** Of a finished one. */
  result: z.unknown().optional(),
  /** Of a failed or canceled one. */
  error: taskErrorSchema.optional(),
});
export type TaskView = z.infer<typeof taskSchema>;

/** A task without what came of it, and that as the text in which it came: no number in it is rounded on its way. */
export const foundTaskSchema = z.object({ task: taskSchema.omit({ result: true, error: true }), outcome: taskOutcomeSchema.nullable() });
export type FoundTask = z.infer<typeof foundTaskSchema>;

/** A task with what came of it, for whoever shows it. */
export function wholeTask({ task, outcome: ended }: FoundTask): TaskView {
  if (ended === null) return task;
  const value: unknown = JSON.parse(ended.text);
  return ended.state === "finished" ? { ...task, result: value } : { ...task, error: taskErrorSchema.parse(value) };
}

/** Which of a principal's own tasks are asked for. The newest come first. */
export const taskQuerySchema = z.strictObject({
  /** As `<kind>:<id>`. */
  principal: z.string().min(1).max(190),
  /** Of this project alone. */
  project: z.string().max(190).optional(),
  /** Of this target alone, `server:<id>` or `project:<id>`. */
  target: z.string().max(190).optional(),
  state: z.enum(TASK_STATES).optional(),
  limit: z.int().min(1).max(200),
  /** The id of the last task of the page before. */
  after: id.optional(),
});
export type TaskQuery = z.infer<typeof taskQuerySchema>;

/** Whose task, and which. `project`, `target`: only where it belongs to it. */
export const ownTaskSchema = z.strictObject({
  taskId: id,
  /** As `<kind>:<id>`. */
  principal: z.string().min(1).max(190),
  project: z.string().max(190).optional(),
  target: z.string().max(190).optional(),
});
export type OwnTask = z.infer<typeof ownTaskSchema>;

/** The task as JSON text, with what came of it byte for byte. */
export function taskText({ task, outcome: ended }: FoundTask): string {
  const head = JSON.stringify(task);
  return ended === null ? head : `${head.slice(0, -1)},"${ended.state === "finished" ? "result" : "error"}":${ended.text}}`;
}
