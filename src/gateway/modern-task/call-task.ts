import type { FoundTask, TaskClaim, TaskOutcome, TaskPlace } from "../../api/dispatch-task.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import type { Ids } from "../../core/ids.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import type { Answer } from "../answer.ts";
import { dispatchHashes } from "../dispatch/dispatch-hashes.ts";
import type { DispatchTasks } from "../dispatch/dispatch-tasks.ts";
import { failed, outcomeOf } from "../dispatch/outcome-of.ts";
import { keepOutcome } from "../dispatch/run-now.ts";
import type { RunningDispatches } from "../dispatch/running-dispatches.ts";
import { isRefusal, type Refusal, refusalMessage } from "../refusal.ts";
import { idWithHolder, type LiveTasks } from "./live-tasks.ts";
import type { LiveWord } from "./task-text.ts";

export interface TaskDeps {
  /** Undefined where nobody keeps tasks: then no call becomes one. */
  readonly tasks: DispatchTasks | undefined;
  readonly running: RunningDispatches;
  readonly live: LiveTasks<CallTask>;
  readonly ids: Ids;
  /** The id of this process. */
  readonly self: string;
  readonly onFailure: (error: AppError) => void;
}

/** When a call becomes a task, and how it is kept. */
export interface TaskTerms {
  /** A call that takes longer than this becomes one. */
  readonly afterMs: number;
  readonly leaseMs: number;
  readonly maxResultBytes: number;
}

/** Whose call it is, and where and what it asks. */
export interface TaskSubject {
  readonly principalId: string;
  readonly target: string;
  readonly traceId: string;
  readonly place: TaskPlace;
  readonly request: RequestEnvelope;
}

/** The call behind a task. */
export interface TaskedCall {
  cancel(): void;
  /** Takes the client's answers, as JSON text by their keys; what is not asked is nothing. */
  answer(responses: ReadonlyMap<string, string>): void;
  /** What the client is asked now, as JSON text; undefined where that is nothing. */
  inputRequests(): string | undefined;
}

/** A lease is renewed so often within its time, and it is looked whether somebody wants the call canceled. */
const LOOKS = 3;

/**
 * Begins to keep a call that runs already as a task: durable when it resolves. Undefined where it cannot be kept; the call
 * is not touched. Never rejects.
 */
export async function beginTask(deps: TaskDeps, terms: TaskTerms, subject: TaskSubject, call: TaskedCall): Promise<CallTask | undefined> {
  const { tasks } = deps;
  if (tasks === undefined) return undefined;
  const claim = claimOf(deps, terms, subject);
  const lease = { taskId: claim.taskId, owner: claim.owner };
  try {
    const { kind } = await tasks.claim(claim);
    const found = kind === "begun" ? await tasks.find({ taskId: claim.taskId, principal: claim.principal }) : undefined;
    if (found !== undefined) return new CallTask({ deps, tasks, terms, claim, found, call });
  } catch (thrown) {
    deps.onFailure(toAppError(thrown));
  }
  tasks.release(lease).catch(() => {});
  return undefined;
}

function claimOf({ ids, self }: TaskDeps, { leaseMs }: TaskTerms, subject: TaskSubject): TaskClaim {
  const { principalId: principal, target, traceId, place, request } = subject;
  const { method, params } = request;
  const taskId = idWithHolder(ids.next("tsk"), self);
  // Nobody asks for it under a key: the id is one that no other call has.
  const idempotencyKey = taskId;
  const hashes = dispatchHashes({ principal, target, idempotencyKey, method, params });
  return { taskId, owner: ids.next("own"), ...hashes, principal, target, idempotencyKey, method, traceId, leaseMs, place };
}

interface CallTaskParts {
  readonly deps: TaskDeps;
  readonly tasks: DispatchTasks;
  readonly terms: TaskTerms;
  readonly claim: TaskClaim;
  readonly found: FoundTask;
  readonly call: TaskedCall;
}

/** A call that became a task: begun (it is kept, and nobody knows yet) → running (its client has its id) → over (how it ended is kept). */
export class CallTask {
  readonly id: string;
  readonly principalId: string;
  /** As it was when it was begun. */
  readonly found: FoundTask;
  readonly #parts: CallTaskParts;
  readonly #settled = Promise.withResolvers<Answer | Refusal>();
  #isCanceled = false;
  #message: string | undefined;

  constructor(parts: CallTaskParts) {
    this.id = parts.claim.taskId;
    this.principalId = parts.claim.principal;
    this.found = parts.found;
    this.#parts = parts;
  }

  get word(): LiveWord {
    return { inputRequests: this.#parts.call.inputRequests(), message: this.#message };
  }

  /** From here on it is found. */
  run(): void {
    const { running, live } = this.#parts.deps;
    live.add(this);
    void running.add(this.#carry().finally(() => live.remove(this)));
  }

  /** Nobody has heard of it: it was none. */
  drop(): void {
    const { tasks, deps } = this.#parts;
    tasks.release(this.#lease).catch((thrown: unknown) => deps.onFailure(toAppError(thrown)));
  }

  settle(outcome: Answer | Refusal): void {
    this.#settled.resolve(outcome);
  }

  /** Its server may have done its work all the same. */
  cancel(): void {
    this.#isCanceled = true;
    this.#parts.call.cancel();
  }

  answer(responses: ReadonlyMap<string, string>): void {
    this.#parts.call.answer(responses);
    this.changed();
  }

  say(message: string): void {
    this.#message = message;
    this.changed();
  }

  changed(): void {
    this.#parts.deps.live.changed(this.id);
  }

  get #lease() {
    const { taskId, owner } = this.#parts.claim;
    return { taskId, owner };
  }

  async #carry(): Promise<void> {
    const { tasks, claim, deps } = this.#parts;
    const letGo = this.#hold();
    try {
      const outcome = await this.#outcome(await this.#settled.promise);
      await keepOutcome({ tasks, claim, onFailure: deps.onFailure }, this.#lease, outcome);
    } finally {
      letGo();
    }
  }

  async #outcome(settled: Answer | Refusal): Promise<TaskOutcome> {
    // Its client has been told that there is a task: a refusal is how that has failed.
    const answer: Answer = isRefusal(settled) ? { kind: "answer", body: refusalMessage(settled, "null") } : settled;
    const outcome = await outcomeOf(answer, this.#parts.terms.maxResultBytes);
    if (isRefusal(outcome)) return failed("internal", "UPSTREAM_BROKEN", outcome.message);
    return this.#isCanceled && outcome.state === "failed" ? { ...outcome, state: "canceled" } : outcome;
  }

  /** A lease that cannot be kept is no reason to stop: what was begun cannot be called back. */
  #hold(): () => void {
    const { claim, deps } = this.#parts;
    const timer = setInterval(
      () => void this.#look().catch((thrown: unknown) => deps.onFailure(toAppError(thrown))),
      claim.leaseMs / LOOKS,
    );
    timer.unref();
    return () => clearInterval(timer);
  }

  async #look(): Promise<void> {
    const { tasks, claim } = this.#parts;
    await tasks.renew(this.#lease, claim.leaseMs);
    const found = await tasks.find({ taskId: this.id, principal: this.principalId });
    if (found?.task.cancel_requested === true) this.cancel();
  }
}
