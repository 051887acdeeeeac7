import { AppError } from "../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../core/backoff.ts";
import { waitOrAbort } from "../core/cancelable-wait.ts";

/** What a worker tells the process that started it. */
export type WorkerMessage =
  /** It serves, on this port. */
  | { readonly kind: "ready"; readonly port: number; readonly text: string }
  /** It cannot go on, and another one could not either. */
  | { readonly kind: "final" };

/** One life of a worker's process. */
export interface WorkerProcess {
  /** Resolves when it is gone, with a reason for people and its exit code where it has one. */
  readonly exited: Promise<{ readonly reason: string; readonly exitCode: number | null }>;
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL" | "SIGHUP"): void;
}

export interface WorkerPoolOptions {
  readonly count: number;
  /** Starts the worker of this number; port 0 is a free one. */
  readonly start: (index: number, port: number, onMessage: (message: WorkerMessage) => void) => WorkerProcess;
  /** How soon one that has died is started again. */
  readonly backoff: BackoffPolicy;
  /** A life this long, in ms, starts the back-off anew. */
  readonly stableAfterMs: number;
  readonly monotonicNow: () => number;
  readonly onLost: (index: number, reason: string) => void;
}

/**
 * Keeps `count` workers running on one port, which the first one takes.
 *
 * A worker that dies is started again; one that says it cannot go on, or that ends before it ever served, ends all.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #closing = new AbortController();
  readonly #running = new Map<number, WorkerProcess>();
  /** Those that have said that they serve. */
  readonly #serving = new Set<WorkerProcess>();
  readonly #keeping: Promise<void>[] = [];
  readonly #failed = Promise.withResolvers<number>();
  #port = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Resolves with the exit code where all have to end because one cannot go on. */
  get failed(): Promise<number> {
    return this.#failed.promise;
  }

  /** Starts them; resolves when all serve, with what the first one says of itself. Throws where one does not. */
  async open(): Promise<string> {
    const first = await this.#begin(0);
    this.#port = first.port;
    await Promise.all(Array.from({ length: this.#options.count - 1 }, (_, index) => this.#begin(index + 1)));
    return first.text;
  }

  /** Passes a signal on; none is started again from here on. */
  signal(name: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    this.#closing.abort();
    for (const worker of this.#running.values()) worker.kill(name);
  }

  /** Has them read their configuration again. One that does not serve yet would end of the signal, and reads it in any case. */
  reread(): void {
    for (const worker of this.#serving) worker.kill("SIGHUP");
  }

  /** Resolves when no worker is left. */
  async ended(): Promise<void> {
    await Promise.all(this.#keeping);
  }

  #begin(index: number): Promise<WorkerMessage & { kind: "ready" }> {
    const ready = Promise.withResolvers<WorkerMessage & { kind: "ready" }>();
    this.#keeping.push(this.#keep(index, ready));
    return ready.promise;
  }

  async #keep(index: number, ready: PromiseWithResolvers<WorkerMessage & { kind: "ready" }>): Promise<void> {
    const { backoff, stableAfterMs, monotonicNow, onLost } = this.#options;
    const { signal } = this.#closing;
    let served = false;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const startedAt = monotonicNow();
      let final = false;
      const worker = this.#options.start(index, this.#port, (message) => {
        if (message.kind === "final") final = true;
        else {
          served = true;
          this.#serving.add(worker);
          ready.resolve(message);
        }
      });
      this.#running.set(index, worker);
      const { reason, exitCode } = await worker.exited;
      this.#running.delete(index);
      this.#serving.delete(worker);
      if (signal.aborted) break;
      if (final || !served) this.#failed.resolve(exitCode ?? 1);
      if (!served) ready.reject(new AppError("internal", "WORKER_FAILED", `Worker ${index} did not start: ${reason}`));
      if (final || !served) return;
      onLost(index, reason);
      if (monotonicNow() - startedAt >= stableAfterMs) attempt = 0;
      await waitOrAbort(backoffMs(backoff, attempt, Math.random()), signal);
    }
    ready.reject(new AppError("canceled", "WORKER_STOPPED", `Worker ${index} was stopped before it served`));
  }
}
