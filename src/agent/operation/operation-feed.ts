import type { OperationRecord, StepRecord } from "../registry/registry.ts";

/** What has changed: a step, which may have told more of itself while it runs, or the operation, which is over then. */
export type OperationNews =
  | { readonly kind: "step"; readonly step: StepRecord }
  | { readonly kind: "end"; readonly operation: OperationRecord };

export type OperationListener = (news: OperationNews) => void;

/**
 * Tells who listens what happens in the operations that run now. What has happened before stands in the registry: listen
 * first, then read that, and no step is missed.
 */
export class OperationFeed {
  readonly #listeners = new Map<string, Set<OperationListener>>();

  /** Until what it returns is called. */
  listen(operationId: string, listener: OperationListener): () => void {
    const listeners = this.#listeners.get(operationId) ?? new Set();
    this.#listeners.set(operationId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(operationId) === listeners) this.#listeners.delete(operationId);
    };
  }

  tell(operationId: string, news: OperationNews): void {
    for (const listener of [...(this.#listeners.get(operationId) ?? [])]) {
      try {
        listener(news);
      } catch {
        // Who listens badly harms no operation.
      }
    }
  }
}
