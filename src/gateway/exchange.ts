import { AppError, toAppError } from "../core/app-error.ts";
import { CallSignal } from "../core/cancel-signal.ts";
import { JSON_RPC_CODE } from "../core/error-tables.ts";
import type { RequestEnvelope } from "../mcp/envelope.ts";
import { errorMessage } from "../mcp/json-rpc.ts";
import type { View } from "./catalog/view.ts";
import { type Execution, execute } from "./execute/execute.ts";
import { isRefusal, type Refusal, refusalMessage, refuse, refuseRpc } from "./refusal.ts";
import type { CallTimer } from "./resilience/call-timer.ts";
import type { ServerHost } from "./server-host.ts";
import type { LiveSession } from "./session/live-session.ts";
import type { UpstreamAnswer } from "./upstream/upstream.ts";
import { abortError } from "./upstream/upstream-errors.ts";

/** A request that was carried out, in one message. */
export interface Answer {
  readonly kind: "answer";
  readonly body: UpstreamAnswer;
  /** The id of a session that this answer opens. */
  readonly sessionId?: string;
}

/** A request that said something before its answer. */
export interface AnswerStream {
  readonly kind: "stream";
  /** The answer, or why there is none. Never rejects. */
  readonly settled: Promise<Answer | Refusal>;
  /** Sends all messages, the answer last, and resolves then. What was said before it is called is kept. Never rejects. */
  pump(send: (message: string) => void): Promise<void>;
}

export interface ExchangeOptions {
  readonly view: View;
  readonly session: LiveSession;
  readonly request: RequestEnvelope;
  /** The client takes a stream of events. */
  readonly takesStream: boolean;
  readonly timer: CallTimer;
  /** How long the request may take; where it is sent to a server whose calls may take longer, as long as these. */
  readonly timeoutMs: number;
  readonly firstListWaitMs: number;
  readonly onFailure: (error: AppError) => void;
}

/** Notifications kept for a reader that has not come yet: one that floods loses the oldest. */
const MAX_KEPT = 256;
/** A server's own time is over first, so that it is told, and counted as its failure. */
const SERVER_FIRST_MS = 1000;

/**
 * Carries one request out within its time. It answers in one message, unless the server speaks before
 * it answers and the client takes a stream.
 */
export async function exchange(options: ExchangeOptions): Promise<Answer | AnswerStream | Refusal> {
  const { session, request } = options;
  const signal = new CallSignal();
  let leave: () => void;
  try {
    leave = session.enter(request.idText, signal);
  } catch (thrown) {
    return refuseRpc(-32600, toAppError(thrown).message, request.idText);
  }
  const { timer, timeoutMs } = options;
  const limit = timer.start(timer.now() + timeoutMs, () => signal.abort(callTimeout(timeoutMs)));
  const sentTo: ServerHost[] = [];
  const onSent = (host: ServerHost) => {
    host.calls.enter();
    sentTo.push(host);
    limit.dueAt = Math.max(limit.dueAt, timer.now() + host.upstream.limits.totalMs + SERVER_FIRST_MS);
  };
  const release = () => {
    timer.stop(limit);
    leave();
    for (let host = sentTo.pop(); host !== undefined; host = sentTo.pop()) host.calls.leave();
  };
  const { promise: settled, resolve: settle } = Promise.withResolvers<Answer | Refusal>();
  const fail = (thrown: unknown) => {
    release();
    settle(failed(request, thrown, options.onFailure));
  };
  // A server that does not listen to the signal keeps nobody waiting.
  signal.addEventListener("abort", () => fail(abortError(signal)));
  const carryOut = (onNotification: Execution["onNotification"]) => {
    const { view, firstListWaitMs } = options;
    execute({ view, session, request, firstListWaitMs, onNotification, onQuestion: undefined, signal, onSent }).then(
      (body) => {
        // It comes too late: nobody reads it.
        if (signal.aborted) return void (body instanceof ReadableStream && body.cancel().catch(() => {}));
        settle(isRefusal(body) ? untilTold(body, release) : { kind: "answer", body: untilRead(body, release) });
      },
      (thrown) => signal.aborted || fail(thrown),
    );
  };
  if (!options.takesStream) carryOut(undefined);
  else return untilFirst(request, settled, carryOut);
  return settled;
}

/** The answer, or the stream that the first notification before it begins. */
function untilFirst(
  request: RequestEnvelope,
  settled: Promise<Answer | Refusal>,
  carryOut: (onNotification: (message: string) => void) => void,
): Promise<Answer | AnswerStream | Refusal> {
  return new Promise((resolve) => {
    let notices: Notices | undefined;
    carryOut((message) => {
      if (notices === undefined) {
        notices = new Notices();
        resolve(streamOf(request, settled, notices));
      }
      notices.take(message);
    });
    void settled.then(resolve);
  });
}

/** A refusal, whose call is over with it. */
function untilTold(refusal: Refusal, release: () => void): Refusal {
  release();
  return refusal;
}

/** The answer, whose call is over when it is read to its end: a server that stalls in the middle is held to the time too. */
function untilRead(answer: UpstreamAnswer, release: () => void): UpstreamAnswer {
  if (answer instanceof ReadableStream) return watchedStream(answer, release);
  release();
  return answer;
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

/** Keeps notifications until somebody reads them. */
class Notices {
  #kept: string[] = [];
  #send: ((message: string) => void) | undefined;

  take(message: string): void {
    if (this.#send !== undefined) {
      this.#send(message);
      return;
    }
    this.#kept.push(message);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
  }

  readBy(send: (message: string) => void): void {
    for (const message of this.#kept) send(message);
    this.#kept = [];
    this.#send = send;
  }
}

function streamOf(request: RequestEnvelope, settled: Promise<Answer | Refusal>, notices: Notices): AnswerStream {
  return {
    kind: "stream",
    settled,
    async pump(send) {
      notices.readBy(send);
      const outcome = await settled;
      // The status line is out: a refusal can only be said in band now.
      if (outcome.kind === "refusal") send(refusalMessage(outcome, request.idText));
      else send(typeof outcome.body === "string" ? outcome.body : await new Response(outcome.body).text());
    },
  };
}

/**
 * A request that was never sent is refused by status, so that any client may send it again. One whose
 * answer is lost may have run: it is answered in band, where nothing repeats it by itself.
 */
function failed(request: RequestEnvelope, thrown: unknown, onFailure: (error: AppError) => void): Answer | Refusal {
  const error = toAppError(thrown);
  onFailure(error);
  const retryAfter = String(error.retryAfterSeconds ?? 1);
  if (error.reason === "UPSTREAM_UNAVAILABLE") return refuse("upstream_unavailable", error.message, { "retry-after": retryAfter });
  if (error.reason === "UPSTREAM_BUSY") return refuse("rate_limited", error.message, { "retry-after": retryAfter });
  const body = errorMessage(request.idText, { code: JSON_RPC_CODE[error.code], message: error.message, data: { reason: error.reason } });
  return { kind: "answer", body };
}
