import type { ServerHost } from "../server-host.ts";
import type { LiveSession } from "../session/live-session.ts";
import type { Question, QuestionReply } from "../upstream/upstream.ts";
import type { OpenQuestions } from "./open-questions.ts";

/** The questions that servers ask in the midst of one call: they are over with it. */
export class CallQuestions {
  readonly #questions: OpenQuestions;
  readonly #session: LiveSession;
  readonly #send: ((message: string) => void) | undefined;
  readonly #drops = new Set<() => void>();

  /** `send` takes messages to the client by the call's own stream; undefined where the call has none. */
  constructor(questions: OpenQuestions, session: LiveSession, send: ((message: string) => void) | undefined) {
    this.#questions = questions;
    this.#session = session;
    this.#send = send;
  }

  /** Asks on the call's own stream, else on one that the client has open besides. Never rejects. */
  async ask(question: Question, host: ServerHost): Promise<QuestionReply> {
    const session = this.#session;
    const send = this.#send ?? (session.listens ? session.push : undefined);
    const { reply, drop } = this.#questions.ask({ session, host, question, send });
    this.#drops.add(drop);
    const given = await reply;
    this.#drops.delete(drop);
    return given;
  }

  close(): void {
    for (const drop of [...this.#drops]) drop();
  }
}
