import { AppError, toAppError } from "../../core/app-error.ts";
import { CallSignal } from "../../core/cancel-signal.ts";
import { lengthOf, withLength } from "../upstream/declared-length.ts";
import type { Question, QuestionReply, Upstream, UpstreamAnswer, UpstreamCall } from "../upstream/upstream.ts";
import { abortError } from "../upstream/upstream-errors.ts";
import type { CallTimer, TimeLimit } from "./call-timer.ts";
import type { FailedTry } from "./decide-retry.ts";
import type { CallLimits } from "./resilience-settings.ts";

/** What is known of one try of a call when it has failed. */
export interface TryFacts {
  /** The connection was there, so that a failure says something of the server. */
  readonly wasReady: boolean;
  /** How many failures had been seen when it began. */
  readonly failuresSeen: number;
  /** The breaker lets it through to see how the server is. */
  readonly onTrial: boolean;
}

export interface Admitted {
  readonly onTrial: boolean;
}

/** What a call takes from the one that guards the server, and tells it. */
export interface CallKeeper {
  readonly handle: string;
  readonly upstream: Upstream;
  readonly timer: CallTimer;
  readonly failuresSeen: number;
  /** On which terms a call may be sent now, or why none may. */
  admit(call: UpstreamCall): Admitted | AppError;
  answered(onTrial: boolean): void;
  /** `error` of a server that was asked too much of, or of a client that has gone, says nothing of the server. */
  failed(error: AppError, facts: TryFacts): void;
  /** How long to wait before the next try, in ms; undefined: there is none. */
  retryAfter(failed: Omit<FailedTry, "repeatable">, call: UpstreamCall): number | undefined;
  over(call: GuardedCall): void;
}

/** Between two tries. */
const NOT_TRYING: TryFacts = { wasReady: false, failuresSeen: 0, onTrial: false };

/**
 * One call to a server: held to its times, tried again where that is safe, and over whatever the server does.
 *
 * States: trying → (failed, safe to repeat) waiting → trying … → (the answer is a stream) reading → over.
 * From each of them the client or the time may end it.
 */
export class GuardedCall {
  readonly #keeper: CallKeeper;
  readonly #call: UpstreamCall;
  readonly #limits: CallLimits;
  /** As the server gets it. */
  readonly #inner: UpstreamCall;
  readonly #signal = new CallSignal();
  readonly #onGone = () => this.#giveUp(abortError(this.#call.signal));
  readonly #limit: TimeLimit;
  readonly #totalAt: number;
  #resolve: (answer: UpstreamAnswer) => void = () => {};
  #reject: (error: AppError) => void = () => {};
  #over = false;
  #tries = 0;
  #facts = NOT_TRYING;
  #wasAway = false;
  /** Questions to the client that are not answered yet. */
  #asking = 0;
  /** The client was asked or told something. */
  #exposed = false;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #breakReader: ((error: AppError) => void) | undefined;

  constructor(keeper: CallKeeper, call: UpstreamCall, limits: CallLimits) {
    const { onQuestion, onPoll } = call;
    this.#keeper = keeper;
    this.#call = call;
    this.#limits = limits;
    this.#inner = {
      ...call,
      // Heard where the client does not want it too: a server that speaks is not silent.
      onNotification: (message) => this.#hear(message),
      onQuestion: onQuestion && ((question) => this.#ask(question, onQuestion)),
      onPoll: onPoll && ((retryMs) => this.#poll(retryMs, onPoll)),
      signal: this.#signal,
    };
    const now = keeper.timer.now();
    this.#totalAt = now + limits.totalMs;
    this.#limit = keeper.timer.start(now + Math.min(limits.idleMs, limits.totalMs), () => this.#giveUp(this.#tooLate()));
  }

  run(onTrial: boolean): Promise<UpstreamAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#call.signal.addEventListener("abort", this.#onGone);
      this.#try(onTrial);
    });
  }

  /** Ends it where the server does not. */
  end(error: AppError): void {
    this.#giveUp(error);
  }

  #try(onTrial: boolean): void {
    const { upstream, failuresSeen } = this.#keeper;
    const { state } = upstream.status();
    this.#tries += 1;
    this.#wasAway = state === "failed";
    this.#facts = { wasReady: state === "ready" || state === "degraded", failuresSeen, onTrial };
    upstream.request(this.#inner).then(
      (answer) => this.#answered(answer),
      (thrown) => this.#failed(toAppError(thrown)),
    );
  }

  #answered(answer: UpstreamAnswer): void {
    if (this.#over) {
      if (answer instanceof ReadableStream) void answer.cancel().catch(() => {});
      return;
    }
    if (answer instanceof ReadableStream) {
      this.#resolve(withLength(this.#read(answer), lengthOf(answer)));
      return;
    }
    this.#succeed();
    this.#resolve(answer);
  }

  #failed(error: AppError): void {
    if (this.#over) return;
    this.#keeper.failed(error, this.#facts);
    this.#facts = NOT_TRYING;
    const leftMs = this.#totalAt - this.#keeper.timer.now();
    const failed = { error, tries: this.#tries, exposed: this.#exposed, wasAway: this.#wasAway, leftMs };
    const waitMs = this.#keeper.retryAfter(failed, this.#call);
    if (waitMs === undefined) {
      this.#stand(error);
      return;
    }
    this.#heard();
    this.#waiting = setTimeout(() => this.#tryAgain(error), waitMs);
  }

  #tryAgain(error: AppError): void {
    const isAway = this.#keeper.upstream.status().state === "failed";
    const admission = isAway ? error : this.#keeper.admit(this.#call);
    if (admission instanceof AppError) this.#stand(error);
    else this.#try(admission.onTrial);
  }

  /** Its last failure is what becomes of it. */
  #stand(error: AppError): void {
    this.#finish();
    this.#reject(error);
  }

  /** The client or the time ends it: the server is told, and not waited for. */
  #giveUp(error: AppError): void {
    if (this.#over) return;
    this.#finish();
    // While a client thinks about a question it is not the server that takes long.
    this.#keeper.failed(error, this.#asking > 0 ? { ...this.#facts, wasReady: false } : this.#facts);
    this.#signal.abort(error);
    this.#breakReader?.(error);
    this.#reject(error);
  }

  #succeed(): void {
    this.#finish();
    this.#keeper.answered(this.#facts.onTrial);
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#waiting);
    this.#keeper.timer.stop(this.#limit);
    this.#call.signal.removeEventListener("abort", this.#onGone);
    this.#keeper.over(this);
  }

  #hear(message: string): void {
    if (this.#over) return;
    this.#heard();
    const { onNotification } = this.#call;
    if (onNotification === undefined) return;
    this.#exposed = true;
    onNotification(message);
  }

  /** The server is there, and will say more when it is asked again. */
  #poll(retryMs: number, onPoll: (retryMs: number) => void): void {
    if (this.#over) return;
    this.#heard();
    this.#exposed = true;
    onPoll(retryMs);
  }

  /** The server has said something: its silence begins anew. */
  #heard(): void {
    if (this.#over) return;
    const silentUntil = this.#asking > 0 ? Number.POSITIVE_INFINITY : this.#keeper.timer.now() + this.#limits.idleMs;
    this.#limit.dueAt = Math.min(silentUntil, this.#totalAt);
  }

  /** While the client is asked, the server is not the silent one. */
  async #ask(question: Question, onQuestion: NonNullable<UpstreamCall["onQuestion"]>): Promise<QuestionReply> {
    this.#exposed = true;
    this.#asking += 1;
    this.#heard();
    try {
      return await onQuestion(question);
    } finally {
      this.#asking -= 1;
      this.#heard();
    }
  }

  /** An answer in pieces. The server is held to its time only while somebody waits for the next one: a slow reader is not its fault. */
  #read(answer: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const source = answer.getReader();
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#limit.dueAt = this.#totalAt;
          this.#breakReader = (error) => {
            controller.error(error);
            void source.cancel(error).catch(() => {});
          };
        },
        pull: async (controller) => {
          this.#heard();
          const next = await source.read().catch((thrown: unknown) => toAppError(thrown));
          if (this.#over) return;
          this.#limit.dueAt = this.#totalAt;
          if (next instanceof AppError) this.#breakOff(next);
          else if (!next.done) controller.enqueue(next.value);
          else {
            this.#succeed();
            controller.close();
          }
        },
        cancel: (reason) => {
          if (!this.#over) this.#succeed();
          return source.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** It has begun to answer and did not come to an end. */
  #breakOff(error: AppError): void {
    this.#finish();
    this.#keeper.failed(error, this.#facts);
    this.#breakReader?.(error);
  }

  #tooLate(): AppError {
    const isTotal = this.#keeper.timer.now() >= this.#totalAt;
    const seconds = Math.round((isTotal ? this.#limits.totalMs : this.#limits.idleMs) / 1000);
    const message = isTotal
      ? `The call took longer than ${seconds} s`
      : `Server ${this.#keeper.handle} said nothing for ${seconds} s during the call`;
    return new AppError("deadline", "CALL_TIMEOUT", message);
  }
}
