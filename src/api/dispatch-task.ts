import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256, 64 of 0-9 and a-f");
const id = z.string().min(1).max(40);

/** JSON text of this many bytes at most is kept of an outcome; as a string in a body of REST it is twice as long at most. */
export const MAX_OUTCOME_BYTES = 480 * 1024;
const outcome = z.string().max(MAX_OUTCOME_BYTES);

/** Who carries a task out, told by a secret that only they know. */
export const taskLeaseSchema = z.strictObject({ taskId: id, owner: id });
export type TaskLease = z.infer<typeof taskLeaseSchema>;

/** A call that is to be carried out now under a key, by whoever sends this. */
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
});
export type TaskClaim = z.infer<typeof taskClaimSchema>;

/** How a task ended. */
export const taskOutcomeSchema = z.strictObject({
  state: z.enum(["finished", "failed"]),
  /** JSON text: the result of a finished one, the error of a failed one. */
  text: outcome,
});
export type TaskOutcome = z.infer<typeof taskOutcomeSchema>;

export const knownTaskSchema = z.object({
  taskId: z.string(),
  /** Of the request that began it. */
  traceId: z.string(),
  /** Null while it runs. */
  outcome: taskOutcomeSchema.nullable(),
});
export type KnownTask = z.infer<typeof knownTaskSchema>;

/** What comes of a claim. */
export const claimedTaskSchema = z.discriminatedUnion("kind", [
  /** It is the claimant's to carry out. */
  z.object({ kind: z.literal("begun") }),
  /** The same call was begun under this key before. */
  z.object({ kind: z.literal("known"), task: knownTaskSchema }),
  /** Another call was begun under this key before. */
  z.object({ kind: z.literal("conflict") }),
]);
export type ClaimedTask = z.infer<typeof claimedTaskSchema>;
