import { AppError, toAppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { orAborted } from "../../core/or-aborted.ts";
import type { BegunOperation, ComponentResult, OperationReport } from "../agent-use-cases.ts";
import type { OperationKind, OperationRecord, Registry } from "../registry/registry.ts";
import type { Outcome } from "./component-result.ts";
import type { OperationFeed } from "./operation-feed.ts";
import { operationReport } from "./operation-report.ts";
import { OperationRun } from "./operation-run.ts";
import { Turns } from "./turns.ts";

export interface OperationsDeps {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly feed: OperationFeed;
}

export interface OperationRequest {
  readonly kind: OperationKind;
  readonly service: string;
  /** Undefined: all of them. */
  readonly component: string | undefined;
  readonly requestId: string;
  readonly caller: string;
  /** What a restarted agent needs to go on; plain JSON. */
  readonly input: unknown;
  /** Whether it still may be done, asked when nobody else can do anything to the service any more. */
  readonly check?: () => Promise<void>;
}

/**
 * Does an operation from its beginning. `done` says what an agent that was killed has put into effect already, by component.
 * What it throws makes the operation a failed one.
 */
export type Work = (run: OperationRun, done: ReadonlyMap<string, ComponentResult["action"]>) => Promise<Outcome>;

/** Goes on with an operation that an agent has left; it does what is urgent before it resolves with the rest. */
export type Resume = (run: OperationRun) => Promise<Work>;

/**
 * The operations of this agent: one for each service at a time, durable before anything is done, running on whether anybody
 * waits or not.
 *
 * States: running → succeeded | failed | rolled_back | partial. One that runs in the registry and not here was left by an
 * agent that ended, or could not be ended because the disk was full: `recover` and the next `begin` take it up.
 */
export class Operations {
  readonly #deps: OperationsDeps;
  readonly #resume: Resume;
  /** By service; those that run here. */
  readonly #running = new Map<string, { readonly id: string; readonly finished: Promise<OperationReport> }>();
  readonly #ending = new AbortController();
  /** Beginnings, and what must not fall together with one, by service. */
  readonly #turns = new Turns();

  constructor(deps: OperationsDeps, resume: Resume) {
    this.#deps = deps;
    this.#resume = resume;
  }

  /** Whether something is done to this service just now. */
  busy(service: string): boolean {
    return this.#running.has(service);
  }

  /**
   * Does what is no operation and is over in a moment while none runs on this service, and none begins. Throws
   * `conflict`/`SERVICE_BUSY` where one runs.
   */
  async between<T>(service: string, act: () => Promise<T>): Promise<T> {
    return this.#turns.take(service, async () => {
      const [holder] = await this.#deps.registry.operations({ service, running: true, limit: 1 });
      if (holder !== undefined) throw serviceBusy(holder);
      return act();
    });
  }

  /**
   * The operation that this request has begun before, running or over; undefined: it is new. To be asked before anything
   * that is another thing once the operation is over. Throws `conflict`/`REQUEST_ID_REUSED`.
   */
  async repeated(request: Pick<OperationRequest, "kind" | "service" | "component" | "requestId">): Promise<BegunOperation | undefined> {
    const known = await this.#deps.registry.operationOfRequest(request.requestId);
    return known && this.#known(known, request);
  }

  /**
   * Throws `conflict`/`SERVICE_BUSY`, `conflict`/`REQUEST_ID_REUSED` where the request id is that of something else, and
   * what `check` throws.
   */
  async begin(request: OperationRequest, work: Work): Promise<BegunOperation> {
    if (this.#ending.signal.aborted) {
      throw new AppError("unavailable", "AGENT_ENDING", "The agent is about to end and takes no more changes", { retryAfterSeconds: 5 });
    }
    const { operation, isNew } = await this.#beginOrSettle(request);
    if (!isNew) return this.#known(operation, request);
    const { check } = request;
    if (check === undefined) return this.#start(operation, work);
    const checked = Promise.withResolvers<void>();
    const started = this.#start(operation, async (run, done) => {
      await check().catch((thrown) => {
        checked.reject(thrown);
        throw thrown;
      });
      checked.resolve();
      return await work(run, done);
    });
    await checked.promise;
    return started;
  }

  /** Takes up what an agent has left; resolves when all that is urgent is done. To be called before anything else is begun. */
  async recover(): Promise<void> {
    const left = await this.#deps.registry.operations({ running: true, limit: 10_000 });
    await Promise.all(left.map((operation) => this.#takeUp(operation)));
  }

  /** Interrupts what runs, so that the next start goes on with it, and resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled([...this.#running.values()].map(({ finished }) => finished));
  }

  async #beginOrSettle({ kind, service, component = "", requestId, caller, input }: OperationRequest) {
    const { registry, clock, ids } = this.#deps;
    const operation = { kind, service, component, requestId, caller, input: JSON.stringify(input) };
    const begin = () =>
      this.#turns.take(service, () => registry.beginOperation({ ...operation, id: ids.next("op"), startedAt: clock.now() }));
    try {
      return await begin();
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.reason !== "SERVICE_BUSY" || this.busy(service)) throw thrown;
      const [left] = await registry.operations({ service, running: true, limit: 1 });
      if (left === undefined || this.busy(service)) return await begin();
      await this.#takeUp(left);
      throw thrown;
    }
  }

  async #takeUp(operation: OperationRecord): Promise<void> {
    const urgent = Promise.withResolvers<void>();
    this.#start(operation, async (run) => {
      try {
        const rest = await this.#resume(run);
        urgent.resolve();
        return await rest(run, new Map());
      } finally {
        urgent.resolve();
      }
    });
    await urgent.promise;
  }

  #known(operation: OperationRecord, request: Parameters<Operations["repeated"]>[0]): BegunOperation {
    const { id, kind, service, component } = operation;
    if (kind !== request.kind || service !== request.service || component !== (request.component ?? "")) {
      throw new AppError("conflict", "REQUEST_ID_REUSED", `The request id ${request.requestId} is that of a ${kind} of ${service}`, {
        hint: "choose another request id for another request",
      });
    }
    const running = this.#running.get(service);
    if (running?.id === id) return begun(id, running.finished);
    return begun(id, operationReport(this.#deps.registry, id));
  }

  #start(operation: OperationRecord, work: Work): BegunOperation {
    const run = new OperationRun(operation, this.#ending.signal, this.#deps);
    const finished = this.#carryOut(run, work).finally(() => {
      // Its end has let the next one begin.
      if (this.#running.get(operation.service)?.id === operation.id) this.#running.delete(operation.service);
    });
    // Nobody may wait for it.
    finished.catch(() => {});
    this.#running.set(operation.service, { id: operation.id, finished });
    return begun(operation.id, finished);
  }

  async #carryOut(run: OperationRun, work: Work): Promise<OperationReport> {
    const { registry, clock, feed } = this.#deps;
    const { id } = run.operation;
    const { state, results, error } = await work(run, new Map()).catch((thrown): Outcome => {
      run.requireGoing();
      return { state: "failed", results: [], error: toAppError(thrown).message };
    });
    run.requireGoing();
    await registry.endOperation(id, { state, results: JSON.stringify(results), error, at: clock.now() });
    const report = await operationReport(registry, id);
    feed.tell(id, { kind: "end", operation: report.operation });
    return report;
  }
}

function serviceBusy({ kind, service, caller, startedAt }: OperationRecord): AppError {
  return new AppError("conflict", "SERVICE_BUSY", `A ${kind} of ${service} by ${caller} runs since ${startedAt.toISOString()}`);
}

function begun(id: string, finished: Promise<OperationReport>): BegunOperation {
  return { id, finished: (signal) => orAborted(finished, signal) };
}
