import type { TaskProgress } from "../../api/dispatch-task.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";

/** A server that counts to a million writes no million rows. */
const NOTE_EVERY_MS = 500;

/** Writes down how far a call is, the last word only, and not more often than every half second. */
export class ProgressNotes {
  readonly #write: (progress: TaskProgress) => Promise<unknown>;
  readonly #onFailure: (error: AppError) => void;
  #next: TaskProgress | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(write: (progress: TaskProgress) => Promise<unknown>, onFailure: (error: AppError) => void) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  put(progress: TaskProgress): void {
    if (this.#closed) return;
    this.#next = progress;
    if (this.#timer !== undefined) return;
    this.#flush();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#next !== undefined) this.put(this.#next);
    }, NOTE_EVERY_MS);
  }

  /** What was said last is written when it resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    const progress = this.#next;
    this.#next = undefined;
    if (progress === undefined) return;
    const write = () => this.#write(progress).then(undefined, (thrown: unknown) => this.#onFailure(toAppError(thrown)));
    this.#writing = this.#writing.then(async () => void (await write()));
  }
}
