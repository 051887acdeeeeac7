import { CLIENT_GONE } from "../question/question-replies.ts";
import type { Question, QuestionReply } from "../upstream/upstream.ts";

interface Open {
  readonly question: Question;
  readonly settle: (reply: QuestionReply) => void;
}

/** The questions of servers in one call of a modern client, by the keys under which it answers them. */
export class AskedQuestions {
  readonly #open = new Map<string, Open>();
  #last = 0;

  get size(): number {
    return this.#open.size;
  }

  /** Those that are not answered yet. */
  get questions(): ReadonlyMap<string, Question> {
    return new Map([...this.#open].map(([key, { question }]) => [key, question]));
  }

  /** Never rejects: where the call is over, or the server does not want to know any more, the reply is an error. */
  add(question: Question): Promise<QuestionReply> {
    const { promise, resolve } = Promise.withResolvers<QuestionReply>();
    this.#last += 1;
    const key = `q${this.#last}`;
    const takeBack = () => settle(CLIENT_GONE);
    const settle = (reply: QuestionReply) => {
      question.signal?.removeEventListener("abort", takeBack);
      this.#open.delete(key);
      resolve(reply);
    };
    if (question.signal?.aborted === true) return Promise.resolve(CLIENT_GONE);
    question.signal?.addEventListener("abort", takeBack);
    this.#open.set(key, { question, settle });
    return promise;
  }

  /** Takes the client's answers, as JSON text by their keys; what nobody has asked is nothing. */
  answer(responses: ReadonlyMap<string, string>): void {
    for (const [key, resultText] of responses) this.#open.get(key)?.settle({ resultText });
  }

  close(): void {
    for (const { settle } of [...this.#open.values()]) settle(CLIENT_GONE);
  }
}
