import type { Clock } from "../../core/clock.ts";
import type { Link } from "./audit-chain.ts";
import type { Checkpoints } from "./checkpoint.ts";

export interface CheckpointWriterDeps {
  readonly checkpoints: Checkpoints;
  readonly writer: string;
  readonly clock: Clock;
  /** The checkpoint could not be written; it is tried again. */
  readonly onFailure: (thrown: unknown) => void;
}

/** Signs where the chain has come to: at most once in `intervalMs`, and when it is closed. */
export class CheckpointWriter {
  readonly #deps: CheckpointWriterDeps;
  readonly #intervalMs: number;
  #due: Link | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: CheckpointWriterDeps, intervalMs = 1000) {
    this.#deps = deps;
    this.#intervalMs = intervalMs;
  }

  /** What was committed up to `tail` is signed soon. */
  reached(tail: Link): void {
    this.#due = tail;
    this.#writeSoon();
  }

  /** Signs now what is due; never rejects. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeDue());
    return this.#writing;
  }

  close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    return this.write();
  }

  async #writeDue(): Promise<void> {
    const due = this.#due;
    if (due === undefined) return;
    const { checkpoints, writer, clock, onFailure } = this.#deps;
    try {
      await checkpoints.add({ kind: "end", writer, ...due, at: clock.now().toISOString() });
      if (this.#due === due) this.#due = undefined;
    } catch (thrown) {
      onFailure(thrown);
      this.#writeSoon();
    }
  }

  #writeSoon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.write();
    }, this.#intervalMs);
  }
}
