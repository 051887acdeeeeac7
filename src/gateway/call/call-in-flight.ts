import { AppError, toAppError } from "../../core/app-error.ts";
import { CallSignal } from "../../core/cancel-signal.ts";
import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import type { Era } from "../../mcp/classify.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { errorMessage } from "../../mcp/json-rpc.ts";
import type { Answer, AnswerBody } from "../answer.ts";
import type { View } from "../catalog/view.ts";
import { type Execution, type ExecutionEvents, execute } from "../execute/execute.ts";
import type { GovernedCall } from "../govern/governed-call.ts";
import type { PeerSource } from "../peers/peer-source.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { CallTimer, TimeLimit } from "../resilience/call-timer.ts";
import { boundResult } from "../result/bound-result.ts";
import type { ServerHost } from "../server-host.ts";
import type { LiveSession } from "../session/live-session.ts";
import type { CallTrace } from "../tracing/call-trace.ts";
import type { Question, QuestionReply } from "../upstream/upstream.ts";
import { abortError } from "../upstream/upstream-errors.ts";

export interface CallOptions {
  readonly view: View;
  readonly era: Era;
  readonly caller: PeerSource;
  readonly session: LiveSession | undefined;
  readonly request: RequestEnvelope;
  readonly headers?: Execution["headers"];
  readonly trace: CallTrace | undefined;
  readonly timer: CallTimer;
  /** How long the request may take; where it is sent to a server whose calls may take longer, as long as these. */
  readonly timeoutMs: number;
  /** How long a first list waits for servers whose lists were never read, in ms. */
  readonly firstListWaitMs: number;
  readonly governed: GovernedCall;
  readonly offersTasks?: boolean;
  readonly onFailure: (error: AppError) => void;
}

/** Who hears what comes of a call: the client's side of it. */
export interface CallListener {
  /** A notification that comes before the answer; undefined: there is nobody to take any. */
  readonly onSaid: ((message: string) => void) | undefined;
  /** A question of a server. Never rejects. Undefined: the client cannot be asked. */
  readonly onAsked: ((question: Question, host: ServerHost) => Promise<QuestionReply>) | undefined;
  readonly onPoll: ((retryMs: number | undefined) => void) | undefined;
  /** The call takes long: from now on it is worth looking whether its client is still there. */
  onSlow(): void;
  /** The call is over for the server, unless its answer is a stream that is still to be read. Called once, and last. */
  onSettled(outcome: Answer | Refusal): void;
  /** Nothing of the call is left, its answer read or let go. */
  onReleased(): void;
}

/** A call that takes longer than this is slow. Most are over well before. */
const SLOW_MS = 250;
/** A server's own time is over first, so that it is told, and counted as its failure. */
const SERVER_FIRST_MS = 1000;

/**
 * One request on its way to its servers, held to its time.
 *
 * started → settled (there is an answer, or a reason why not) → released (its answer was read to the end, so that a server
 * that stalls in the middle is held to the time too). An aborted one is settled and released at once: a server that does
 * not listen to the signal keeps nobody waiting.
 */
export class CallInFlight implements Execution, ExecutionEvents {
  readonly view: View;
  readonly era: Era;
  readonly caller: PeerSource;
  readonly session: LiveSession | undefined;
  readonly request: RequestEnvelope;
  readonly firstListWaitMs: number;
  readonly signal = new CallSignal();
  readonly onNotification: Execution["onNotification"];
  readonly onQuestion: Execution["onQuestion"];
  readonly onPoll: Execution["onPoll"];
  readonly headers: Execution["headers"];
  readonly trace: CallTrace | undefined;
  readonly offersTasks: boolean;
  readonly #timer: CallTimer;
  readonly #timeoutMs: number;
  readonly #governed: GovernedCall;
  readonly #onFailure: CallOptions["onFailure"];
  readonly #listener: CallListener;
  /** When its time is up. */
  #dueAt = Number.POSITIVE_INFINITY;
  #limit: TimeLimit | undefined;
  #isSlow = false;
  #sentTo: ServerHost[] | undefined;
  #settled = false;
  #failed = false;
  #released = false;

  constructor(options: CallOptions, listener: CallListener) {
    this.view = options.view;
    this.era = options.era;
    this.caller = options.caller;
    this.session = options.session;
    this.request = options.request;
    this.firstListWaitMs = options.firstListWaitMs;
    this.onNotification = listener.onSaid;
    this.onQuestion = listener.onAsked;
    this.onPoll = listener.onPoll;
    this.headers = options.headers;
    this.trace = options.trace;
    this.offersTasks = options.offersTasks === true;
    this.#timer = options.timer;
    this.#timeoutMs = options.timeoutMs;
    this.#governed = options.governed;
    this.#onFailure = options.onFailure;
    this.#listener = listener;
  }

  start(): void {
    const { atOnce, identity } = this.#governed;
    const full = atOnce.enter(identity);
    if (full !== undefined) {
      this.#released = true;
      this.#listener.onReleased();
      this.#settle(full);
      return;
    }
    this.#beginTime();
    this.signal.addEventListener("abort", () => this.#fail(abortError(this.signal)));
    execute(this, this);
  }

  onSent(host: ServerHost): void {
    host.calls.enter();
    this.#extend(this.#timer.now() + host.upstream.limits.totalMs + SERVER_FIRST_MS);
    if (this.#sentTo === undefined) this.#sentTo = [host];
    else this.#sentTo.push(host);
  }

  /** It was not answered: it was canceled, its time was up, or its server failed. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Cancels it, unless it is over. */
  abort(reason?: AppError): void {
    if (!this.#released) this.signal.abort(reason);
  }

  /** Its time does not pass while its client has something to do. */
  pauseTime(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (this.#limit !== undefined) this.#timer.stop(this.#limit);
  }

  /** Gives it its whole time anew. */
  resumeTime(): void {
    if (!this.#released) this.#beginTime();
  }

  #beginTime(): void {
    const now = this.#timer.now();
    this.#dueAt = now + this.#timeoutMs;
    this.#limit = this.#timer.start(this.#isSlow ? this.#dueAt : now + Math.min(SLOW_MS, this.#timeoutMs), () => this.#onDue());
  }

  #extend(dueAt: number): void {
    if (dueAt <= this.#dueAt) return;
    this.#dueAt = dueAt;
    if (this.#isSlow && this.#limit !== undefined) this.#limit.dueAt = dueAt;
  }

  /** First it is slow, then its time is up. */
  #onDue(): void {
    if (this.#timer.now() >= this.#dueAt) {
      this.signal.abort(callTimeout(this.#timeoutMs));
      return;
    }
    this.#isSlow = true;
    this.#limit = this.#timer.start(this.#dueAt, () => this.#onDue());
    this.#listener.onSlow();
  }

  answered(body: AnswerBody | Refusal): void {
    const bounded = isRefusal(body) || this.signal.aborted ? body : boundResult(body, this.#governed.results);
    if (bounded instanceof Promise) {
      bounded.then(
        (later) => this.#deliver(later),
        (thrown) => this.failed(thrown),
      );
    } else this.#deliver(bounded);
  }

  failed(thrown: unknown): void {
    // An aborted one was settled then.
    if (!this.signal.aborted) this.#fail(thrown);
  }

  #deliver(body: AnswerBody | Refusal): void {
    // It comes too late: nobody reads it.
    if (this.signal.aborted) {
      if (body instanceof ReadableStream) body.cancel().catch(() => {});
    } else if (body instanceof ReadableStream) {
      this.#settle({ kind: "answer", body: watchedStream(body, () => this.#release()) });
    } else {
      this.#release();
      this.#settle(isRefusal(body) ? body : { kind: "answer", body });
    }
  }

  #fail(thrown: unknown): void {
    this.#failed = true;
    this.#release();
    if (!this.#settled) this.#settle(outcomeOf(this.request, thrown, this.#onFailure));
  }

  #settle(outcome: Answer | Refusal): void {
    this.#settled = true;
    this.#listener.onSettled(outcome);
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#limit !== undefined) this.#timer.stop(this.#limit);
    for (const host of this.#sentTo ?? []) host.calls.leave();
    this.#governed.atOnce.leave(this.#governed.identity);
    this.#listener.onReleased();
  }
}

function watchedStream(source: ReadableStream<Uint8Array>, onOver: () => void): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          onOver();
          controller.close();
        } catch (thrown) {
          onOver();
          controller.error(thrown);
        }
      },
      cancel(reason) {
        onOver();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function callTimeout(ms: number): AppError {
  return new AppError("deadline", "CALL_TIMEOUT", `The call took longer than ${Math.round(ms / 1000)} s`);
}

/**
 * A request that was never sent is refused by status, so that any client may send it again. One whose
 * answer is lost may have run: it is answered in band, where nothing repeats it by itself.
 */
function outcomeOf(request: RequestEnvelope, thrown: unknown, onFailure: (error: AppError) => void): Answer | Refusal {
  const error = toAppError(thrown);
  onFailure(error);
  const retryAfter = String(error.retryAfterSeconds ?? 1);
  if (error.reason === "UPSTREAM_UNAVAILABLE") return refuse("upstream_unavailable", error.message, { "retry-after": retryAfter });
  if (error.reason === "UPSTREAM_BUSY") return refuse("rate_limited", error.message, { "retry-after": retryAfter });
  const body = errorMessage(request.idText, { code: JSON_RPC_CODE[error.code], message: error.message, data: { reason: error.reason } });
  return { kind: "answer", body };
}
