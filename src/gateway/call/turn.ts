import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { type Answer, type AnswerStream, answerText } from "../answer.ts";
import { type Refusal, refusalMessage } from "../refusal.ts";
import type { CallTimer, TimeLimit } from "../resilience/call-timer.ts";
import type { Streaming } from "../stream/decide-streaming.ts";
import type { EventStream } from "../stream/event-stream.ts";

/** What a turn needs of the client's side of its call. */
export interface TurnOwner {
  /** Makes the stream that the first message before the answer opens. */
  openStream(turn: Turn): EventStream;
  /** The client has gone before anything was sent to it. */
  onGone(turn: Turn): void;
}

/** An HTTP request that waits, and in it whether its client is still there. */
export interface Connection {
  readonly signal: AbortSignal;
}

/** In which form a turn may answer, and what keeps its time. */
export interface TurnForm {
  readonly streaming: Streaming;
  readonly timer: CallTimer;
}

/**
 * One HTTP request that waits for the answer to a call: it is answered in one message, unless the client takes a stream
 * and something is said before that, or it takes longer than what is between us and the client waits for a sign of life.
 */
export class Turn {
  /** How the request is to be answered. Never rejects. */
  readonly outcome: Promise<Answer | AnswerStream | Refusal>;
  readonly #request: RequestEnvelope;
  readonly #connection: Connection;
  readonly #owner: TurnOwner;
  readonly #form: TurnForm;
  readonly #resolve: (outcome: Answer | AnswerStream | Refusal) => void;
  #stream: EventStream | undefined;
  #opening: TimeLimit | undefined;
  #settle: ((outcome: Answer | Refusal) => void) | undefined;

  constructor(request: RequestEnvelope, connection: Connection, owner: TurnOwner, form: TurnForm) {
    this.#request = request;
    this.#connection = connection;
    this.#owner = owner;
    this.#form = form;
    const { promise, resolve } = Promise.withResolvers<Answer | AnswerStream | Refusal>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  /** Says this before the answer. */
  say(message: string): void {
    this.stream?.say(message);
  }

  /** Its stream, opened now where it was not; undefined where the client takes none. */
  get stream(): EventStream | undefined {
    const { form, terms } = this.#form.streaming;
    if (this.#stream !== undefined || form === "json") return this.#stream;
    const stream = this.#owner.openStream(this);
    const { promise: settled, resolve } = Promise.withResolvers<Answer | Refusal>();
    this.#stream = stream;
    this.#settle = resolve;
    this.#stopOpening();
    this.#resolve({ kind: "stream", settled, open: (sink) => stream.open(sink), terms });
    return stream;
  }

  /** It takes long. Looks from now on whether the client is still there; one that reads a stream is heard of by the stream. */
  watch(): void {
    if (this.#stream !== undefined) return;
    this.#openInTime();
    if (this.#stream !== undefined) return;
    const { signal } = this.#connection;
    if (signal.aborted) this.#owner.onGone(this);
    else signal.addEventListener("abort", () => this.#stream === undefined && this.#owner.onGone(this), { once: true });
  }

  answer(outcome: Answer | Refusal): void {
    this.#stopOpening();
    // What has a status of its own keeps it.
    const isPlain = outcome.kind === "answer" && outcome.status === undefined;
    if (isPlain && this.#form.streaming.form === "stream") void this.stream;
    if (this.#stream === undefined) {
      this.#resolve(outcome);
      return;
    }
    this.#settle?.(outcome);
    void finish(this.#stream, outcome, this.#request.idText);
  }

  #openInTime(): void {
    const { streaming, timer } = this.#form;
    if (streaming.form === "stream") void this.stream;
    if (streaming.form !== "either" || this.#opening !== undefined) return;
    this.#opening = timer.start(timer.now() + streaming.terms.heartbeatSeconds * 1000, () => void this.stream);
  }

  #stopOpening(): void {
    if (this.#opening !== undefined) this.#form.timer.stop(this.#opening);
  }
}

/** The status line is out: a refusal can only be said in band now. */
function finish(stream: EventStream, outcome: Answer | Refusal, idText: string): void | Promise<void> {
  const text = outcome.kind === "refusal" ? refusalMessage(outcome, idText) : answerText(outcome);
  if (typeof text === "string") return stream.finish(text);
  return text.then(
    (whole) => stream.finish(whole),
    () => stream.close(),
  );
}
