import type { AppError } from "../../core/app-error.ts";
import { runtimeCanceled, runtimeTimeout } from "../runtime-errors.ts";

/** The time of one call: it ends by its deadline or by its caller's signal, whichever is first. Release it at the end. */
export class CallLimit {
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timeoutMs: number | undefined;
  #over: AppError | undefined;
  #onOver: (error: AppError) => void = () => {};

  constructor(options: { readonly what: string; readonly timeoutMs: number | undefined; readonly signal?: AbortSignal | undefined }) {
    this.#what = options.what;
    this.#signal = options.signal;
    this.#timeoutMs = options.timeoutMs;
    if (this.#timeoutMs !== undefined) this.#timer = setTimeout(this.#timeOut, this.#timeoutMs);
    this.#signal?.addEventListener("abort", this.#abort);
    if (this.#signal?.aborted) this.#abort();
  }

  /** Why it is over; undefined while it is not. */
  get over(): AppError | undefined {
    return this.#over;
  }

  /** Called once, also where it is over already; replaces what was to be called before. */
  whenOver(act: (error: AppError) => void): void {
    this.#onOver = act;
    if (this.#over !== undefined) act(this.#over);
  }

  /** The deadline is met; the signal still counts. */
  stopTimer(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#onOver = () => {};
  }

  readonly #timeOut = () => this.#end(runtimeTimeout(this.#what, this.#timeoutMs ?? 0));

  readonly #abort = () => {
    if (this.#signal !== undefined) this.#end(runtimeCanceled(this.#signal));
  };

  #end(error: AppError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    clearTimeout(this.#timer);
    this.#onOver(error);
  }
}
