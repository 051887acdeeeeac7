import type { OperationChange, OperationReport } from "../agent-use-cases.ts";
import type { StepRecord } from "../registry/registry.ts";

/** What carries out operations tells of them. */
export interface OperationReports {
  /** Throws `not_found`/`OPERATION_NOT_FOUND`. */
  report(id: string): Promise<OperationReport>;
  /** Calls `onNews` after each change of the operation, until what it returns is called. */
  listen(id: string, onNews: () => void): () => void;
}

/**
 * Every step so far, then each as it changes, and at last the operation itself. News say that something has changed, the registry says what:
 * so a reader that is slow gets the last state of each step and is owed nothing else. Ends with `signal` too.
 */
export async function* watchOperation(operations: OperationReports, id: string, signal: AbortSignal): AsyncGenerator<OperationChange> {
  const bell = new Bell();
  const told = new Map<number, string>();
  // Listening first, so that nothing falls between.
  const stopListening = operations.listen(id, () => bell.ring());
  const onAbort = () => bell.ring();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      const report = await operations.report(id);
      for (const step of report.steps) {
        if (signal.aborted) return;
        if (!isNews(told, step)) continue;
        yield { report, step };
      }
      if (report.operation.state !== "running") {
        yield { report, step: undefined };
        return;
      }
      await bell.rung();
    }
  } finally {
    stopListening();
    signal.removeEventListener("abort", onAbort);
  }
}

function isNews(told: Map<number, string>, { number, state, detail, data }: StepRecord): boolean {
  const text = JSON.stringify([state, detail, data]);
  if (told.get(number) === text) return false;
  told.set(number, text);
  return true;
}

/** Remembers that it was rung, however often, until somebody has waited for it. */
class Bell {
  #isRung = false;
  #wake = () => {};

  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  async rung(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isRung = false;
  }
}
