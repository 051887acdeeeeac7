import { AppError, toAppError } from "../core/app-error.ts";
import { resumesStreams } from "../mcp/eras/2025-11-25/revisions.ts";
import { INVALID_REQUEST } from "../mcp/json-rpc.ts";
import type { Answer, AnswerStream } from "./answer.ts";
import { CallInFlight, type CallListener, type CallOptions } from "./call/call-in-flight.ts";
import { type Connection, Turn, type TurnOwner } from "./call/turn.ts";
import { CallQuestions } from "./question/call-questions.ts";
import type { OpenQuestions } from "./question/open-questions.ts";
import { type Refusal, refuseRpc } from "./refusal.ts";
import type { ServerHost } from "./server-host.ts";
import type { LiveSession } from "./session/live-session.ts";
import type { EventStream } from "./stream/event-stream.ts";
import type { Question, QuestionReply } from "./upstream/upstream.ts";

export interface ExchangeOptions {
  readonly call: CallOptions;
  readonly session: LiveSession;
  readonly connection: Connection;
  readonly questions: OpenQuestions;
}

/**
 * Carries out one request of a session within its time. It is answered in one message, unless a server speaks before it
 * answers and the client takes a stream.
 */
export function exchange(options: ExchangeOptions): Promise<Answer | AnswerStream | Refusal> | Refusal {
  const side = new SessionSide(options);
  return side.begin() ?? side.turn.outcome;
}

/** The client's side of a call in a session. */
class SessionSide implements CallListener, TurnOwner {
  readonly turn: Turn;
  readonly onSaid: CallListener["onSaid"];
  readonly onAsked: CallListener["onAsked"];
  readonly onPoll: CallListener["onPoll"];
  readonly #options: ExchangeOptions;
  readonly #takesStream: boolean;
  readonly #call: CallInFlight;
  #leave: (() => void) | undefined;
  #questions: CallQuestions | undefined;

  constructor(options: ExchangeOptions) {
    const { call, session, connection } = options;
    const { streaming } = call.governed;
    const takesStream = streaming.form !== "json";
    this.#options = options;
    this.#takesStream = takesStream;
    this.turn = new Turn(call.request, connection, this, { streaming, timer: call.timer });
    this.onSaid = takesStream ? (message) => this.turn.say(message) : session.hasOneStream ? session.push : undefined;
    // A client that offers nothing is never asked, and so this costs nothing.
    this.onAsked = session.offersNothing ? undefined : (question, host) => this.#ask(question, host);
    const resumes = takesStream && resumesStreams(session.claims.revision);
    this.onPoll = resumes ? (retryMs) => this.turn.stream?.poll(retryMs) : undefined;
    this.#call = new CallInFlight(call, this);
  }

  /** Why it is not begun: its id is in use. */
  begin(): Refusal | undefined {
    const { call, session } = this.#options;
    try {
      this.#leave = session.enter(call.request.idText, this.#call.signal);
    } catch (thrown) {
      return refuseRpc(INVALID_REQUEST, toAppError(thrown).message, call.request.idText);
    }
    this.#call.start();
    return undefined;
  }

  openStream(): EventStream {
    return this.#options.session.streams.openForCall({
      onLeft: () => this.onGone(),
      onTimeUp: () => this.#call.abort(streamTimeout()),
    });
  }

  onGone(): void {
    // Whether it is canceled when its client has gone and cannot come back, or does not.
    if (this.#options.call.governed.streaming.terms.abortOnDisconnect) this.#call.abort();
  }

  onSlow(): void {
    this.turn.watch();
  }

  onSettled(outcome: Answer | Refusal): void {
    this.#questions?.close();
    this.turn.answer(outcome);
  }

  onReleased(): void {
    this.#leave?.();
  }

  #ask(question: Question, host: ServerHost): Promise<QuestionReply> {
    const { session, questions } = this.#options;
    const send = this.#takesStream ? (message: string) => this.turn.say(message) : undefined;
    this.#questions ??= new CallQuestions(questions, session, send);
    return this.#questions.ask(question, host);
  }
}

function streamTimeout(): AppError {
  return new AppError("deadline", "STREAM_TIMEOUT", "The answer's stream was open for as long as one may be");
}
