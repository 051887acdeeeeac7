import type { Principal } from "../../core/caller.ts";
import { type Answer, answerText } from "../answer.ts";
import { type Refusal, refusalMessage } from "../refusal.ts";
import type { LiveSession, Voice } from "../session/live-session.ts";
import type { EventSink, Reading } from "../stream/event-sink.ts";

export interface PairStreamOptions {
  /** Its posts name it by this; nobody guesses it. */
  readonly id: string;
  readonly principal: Principal;
  /** Who opened it, as `<kind>:<id>`; nobody else may post to it. */
  readonly principalId: string;
  /** The project's id. */
  readonly project: string | undefined;
  /** Where its client is to post. */
  readonly endpoint: string;
  /** Carries out what its client has posted to another process. Never rejects. */
  readonly takeLinked: (pair: PairStream, post: LinkedPost) => Promise<Refusal | undefined>;
  readonly onOpen: (pair: PairStream) => void;
  /** It is over, and its session with it. Called once. */
  readonly onOver: (pair: PairStream) => void;
}

/** A message that was posted to another process than the one that holds the stream. */
export interface LinkedPost {
  /** The project's id. */
  readonly project: string | undefined;
  readonly body: string;
  readonly traceId: string;
  readonly address: string | undefined;
}

/**
 * A stream of the HTTP+SSE transport of 2024-11-05: what its client posts is answered here, and what servers say and ask
 * comes here too.
 *
 * made → open (its first event says where to post) → in session, from `initialize` on → over, and the session with it.
 */
export class PairStream implements Voice {
  readonly #options: PairStreamOptions;
  #sink: EventSink | undefined;
  #sealed: string | undefined;
  #calls = 0;
  #isDraining = false;
  #isOver = false;

  constructor(options: PairStreamOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.id;
  }

  get principal(): Principal {
    return this.#options.principal;
  }

  get principalId(): string {
    return this.#options.principalId;
  }

  get project(): string | undefined {
    return this.#options.project;
  }

  /** The id of its session, which its client is never told; undefined before `initialize`. */
  get sealed(): string | undefined {
    return this.#sealed;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  open(sink: EventSink): Reading {
    this.#sink = sink;
    sink.send({ event: "endpoint", data: this.#options.endpoint });
    this.#options.onOpen(this);
    return { onGone: () => this.close(), onTimeUp: () => this.close() };
  }

  takeLinked(post: LinkedPost): Promise<Refusal | undefined> {
    return this.#options.takeLinked(this, post);
  }

  /** A session begins, whose only stream it is. */
  begin(sealed: string, session: LiveSession): void {
    this.#sealed = sealed;
    session.speakBy(this);
  }

  say(message: string): void {
    this.#sink?.send({ data: message });
  }

  /** Says what comes of a call under this id. A refusal that comes so late is told in band. Never rejects. */
  async answer(settled: Promise<Answer | Refusal>, idText: string): Promise<void> {
    this.#calls += 1;
    const outcome = await settled;
    try {
      this.say(outcome.kind === "refusal" ? refusalMessage(outcome, idText) : await answerText(outcome));
    } catch {
      // The answer broke off in the midst: its client would wait for it for ever.
      this.close();
    }
    this.#calls -= 1;
    this.#closeWhenDrained();
  }

  /** Takes nothing new, and ends when the calls in flight are answered. */
  drain(): void {
    this.#isDraining = true;
    this.#closeWhenDrained();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink?.close();
    this.#sink = undefined;
    this.#options.onOver(this);
  }

  #closeWhenDrained(): void {
    if (this.#isDraining && this.#calls === 0) this.close();
  }
}
