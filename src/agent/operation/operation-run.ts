import { AppError, toAppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { OperationRecord, Registry, StepRecord } from "../registry/registry.ts";
import type { OperationFeed } from "./operation-feed.ts";

export interface StepHead {
  readonly component: string;
  readonly name: string;
  /** What it takes to undo the step; durable before it is done. */
  readonly data?: unknown;
}

/** Says how far a step is, to who watches; the last word is kept with the step. */
export type Progress = (detail: string) => void;

interface RunDeps {
  readonly registry: Pick<Registry, "beginStep" | "endStep">;
  readonly clock: Clock;
  readonly feed: OperationFeed;
}

/** An operation while it runs: what it does, it does in steps. */
export class OperationRun {
  readonly operation: OperationRecord;
  /** Aborted when the agent ends: the operation stays as it is, and the next start goes on from there. */
  readonly signal: AbortSignal;
  readonly #deps: RunDeps;

  constructor(operation: OperationRecord, signal: AbortSignal, deps: RunDeps) {
    this.operation = operation;
    this.signal = signal;
    this.#deps = deps;
  }

  /**
   * Does `act` as a step, which is durable before that. Its detail is the last progress, or what failed. Throws what `act`
   * throws, and `canceled`/`OPERATION_INTERRUPTED` where the agent ends: the step stays open then.
   */
  async step<T>({ component, name, data }: StepHead, act: (progress: Progress) => Promise<T>): Promise<T> {
    this.requireGoing();
    const { registry, clock, feed } = this.#deps;
    const begun = { operationId: this.operation.id, component, name, data: JSON.stringify(data ?? {}), startedAt: clock.now() };
    const number = await registry.beginStep(begun);
    let step: StepRecord = { ...begun, number, state: "running", detail: "", finishedAt: undefined };
    const tell = (change: Partial<StepRecord>) => {
      step = { ...step, ...change };
      feed.tell(this.operation.id, { kind: "step", step });
    };
    const end = async (state: "done" | "failed", detail: string) => {
      const at = clock.now();
      await registry.endStep(this.operation.id, number, { state, at, detail });
      tell({ state, detail, finishedAt: at });
    };
    tell({});
    try {
      const result = await act((detail) => tell({ detail }));
      this.requireGoing();
      await end("done", step.detail);
      return result;
    } catch (thrown) {
      this.requireGoing();
      const { message } = toAppError(thrown);
      await end("failed", step.detail === "" ? message : `${step.detail}\n${message}`);
      throw thrown;
    }
  }

  requireGoing(): void {
    if (this.signal.aborted) throw interrupted();
  }
}

function interrupted(): AppError {
  return new AppError("canceled", "OPERATION_INTERRUPTED", "The agent ends; it goes on with the operation when it is started again");
}
