import type {
  ClaimedTask,
  FoundTask,
  KnownTask,
  OwnTask,
  TaskClaim,
  TaskLease,
  TaskOutcome,
  TaskQuery,
  TaskView,
} from "../../api/dispatch-task.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";

interface Entry {
  readonly claim: TaskClaim;
  readonly queued: boolean;
  leaseUntil: number;
  outcome: TaskOutcome | null;
}

/** Tasks in memory: they can be taken down, and their time is the test's. */
export class MemoryDispatchTasks implements DispatchTasks {
  /** By the hash of the key. */
  readonly entries = new Map<string, Entry>();
  readonly renewals: string[] = [];
  /** What may be carried out later waits, for ever. */
  queues = false;
  /** What it throws in place of what it was asked. */
  failure: Error | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async claim(claim: TaskClaim): Promise<ClaimedTask> {
    this.#requireUp();
    const entry = this.entries.get(claim.keyHash);
    const queued = this.queues && claim.later !== undefined;
    if (entry === undefined) this.entries.set(claim.keyHash, { claim, queued, leaseUntil: this.#now() + claim.leaseMs, outcome: null });
    if (entry === undefined && queued) return { kind: "queued" };
    if (entry === undefined || (entry.outcome === null && entry.claim.owner === claim.owner)) return { kind: "begun" };
    if (entry.claim.payloadHash !== claim.payloadHash) return { kind: "conflict" };
    if (entry.outcome === null && !entry.queued && entry.leaseUntil <= this.#now()) {
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

  async list({ principal, project, target, state, limit, after }: TaskQuery): Promise<readonly TaskView[]> {
    this.#requireUp();
    const own = [...this.entries.values()].reverse().filter((entry) => isOwn(entry, { principal, project, target }));
    const views = own.map((entry) => found(entry).task).filter((task) => state === undefined || task.state === state);
    return views.slice(after === undefined ? 0 : views.findIndex(({ id }) => id === after) + 1).slice(0, limit);
  }

  async find({ taskId, ...own }: OwnTask): Promise<FoundTask | undefined> {
    this.#requireUp();
    const entry = [...this.entries.values()].find((each) => each.claim.taskId === taskId && isOwn(each, own));
    return entry && found(entry);
  }

  async cancel({ taskId, ...own }: OwnTask): Promise<FoundTask | undefined> {
    this.#requireUp();
    const entry = [...this.entries.values()].find((each) => each.claim.taskId === taskId && isOwn(each, own));
    if (entry !== undefined)
      entry.outcome ??= { state: "canceled", text: '{"code":-31099,"message":"canceled","data":{"reason":"canceled"}}' };
    return entry && found(entry);
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

function isOwn({ claim }: Entry, { principal, project, target }: Omit<OwnTask, "taskId">): boolean {
  const isThere = project === undefined || (claim.later ?? claim.place)?.project === project;
  return claim.principal === principal && isThere && (target === undefined || claim.target === target);
}

function found({ claim, outcome, queued }: Entry): FoundTask {
  const { taskId: id, idempotencyKey: idempotency_key, traceId: trace_id, method, later } = claim;
  const { project = null, server = null, tool = null } = later ?? claim.place ?? {};
  const { priority = "normal" } = later ?? {};
  const at = new Date(0).toISOString();
  const times = { created_at: at, updated_at: at, started_at: null, finished_at: null, expires_at: at };
  const counts = { attempts: queued ? 0 : 1, max_attempts: 1, progress: null, cancel_requested: false };
  const state = outcome?.state ?? (queued ? "queued" : "running");
  return { task: { id, state, project, server, method, tool, idempotency_key, trace_id, priority, ...counts, ...times }, outcome };
}

function known({ claim: { taskId, traceId }, outcome }: Entry): KnownTask {
  return { taskId, traceId, outcome };
}
