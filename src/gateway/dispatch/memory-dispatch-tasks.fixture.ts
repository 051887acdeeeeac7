import type { ClaimedTask, KnownTask, TaskClaim, TaskLease, TaskOutcome } from "../../api/dispatch-task.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";

interface Entry {
  readonly claim: TaskClaim;
  leaseUntil: number;
  outcome: TaskOutcome | null;
}

/** Tasks in memory: they can be taken down, and their time is the test's. */
export class MemoryDispatchTasks implements DispatchTasks {
  /** By the hash of the key. */
  readonly entries = new Map<string, Entry>();
  readonly renewals: string[] = [];
  /** What it throws in place of what it was asked. */
  failure: Error | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async claim(claim: TaskClaim): Promise<ClaimedTask> {
    this.#requireUp();
    const entry = this.entries.get(claim.keyHash);
    if (entry === undefined) this.entries.set(claim.keyHash, { claim, leaseUntil: this.#now() + claim.leaseMs, outcome: null });
    if (entry === undefined || (entry.outcome === null && entry.claim.owner === claim.owner)) return { kind: "begun" };
    if (entry.claim.payloadHash !== claim.payloadHash) return { kind: "conflict" };
    if (entry.outcome === null && entry.leaseUntil <= this.#now()) {
      entry.outcome = { state: "failed", text: '{"code":-31005,"message":"gone","data":{"reason":"outcome_unknown"}}' };
    }
    return { kind: "known", task: known(entry) };
  }

  async renew(lease: TaskLease, leaseMs: number): Promise<boolean> {
    this.#requireUp();
    this.renewals.push(lease.taskId);
    const entry = this.#running(lease);
    if (entry !== undefined) entry.leaseUntil = this.#now() + leaseMs;
    return entry !== undefined;
  }

  async finish(lease: TaskLease, outcome: TaskOutcome): Promise<KnownTask | undefined> {
    this.#requireUp();
    const running = this.#running(lease);
    if (running !== undefined) running.outcome = outcome;
    const entry = this.#of(lease);
    return entry && known(entry);
  }

  async release(lease: TaskLease): Promise<void> {
    this.#requireUp();
    const entry = this.#running(lease);
    if (entry !== undefined) this.entries.delete(entry.claim.keyHash);
  }

  #of({ taskId, owner }: TaskLease): Entry | undefined {
    return [...this.entries.values()].find(({ claim }) => claim.taskId === taskId && claim.owner === owner);
  }

  #running(lease: TaskLease): Entry | undefined {
    const entry = this.#of(lease);
    return entry?.outcome === null ? entry : undefined;
  }

  #requireUp(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

function known({ claim: { taskId, traceId }, outcome }: Entry): KnownTask {
  return { taskId, traceId, outcome };
}
