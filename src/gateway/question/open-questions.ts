import { randomBytes } from "node:crypto";
import { mayBeAsked } from "../../mcp/client-capabilities.ts";
import { createLocator } from "../../mcp/json-span.ts";
import type { ServerHost } from "../server-host.ts";
import type { LiveSession } from "../session/live-session.ts";
import type { Question, QuestionReply } from "../upstream/upstream.ts";
import { CLIENT_GONE, NOBODY_LISTENS, NOT_OFFERED, replyIn, TOO_LATE, TOO_MANY_QUESTIONS } from "./question-replies.ts";

export interface OpenQuestionsOptions {
  /** The id of this process, with which the ids of its questions begin. */
  readonly self: string;
  /** How long a client has for an answer. */
  readonly timeoutMs: number;
  readonly maxPerSession: number;
}

/** A server's question to the client of a session. */
export interface Asking {
  readonly session: LiveSession;
  readonly host: ServerHost;
  readonly question: Question;
  /** Takes messages to the client; undefined where it cannot be reached. */
  readonly send: ((message: string) => void) | undefined;
}

interface Open {
  readonly session: LiveSession;
  readonly host: ServerHost;
  /** JSON text of the token under which the client may tell how far it is. */
  readonly progressToken: string | undefined;
  readonly settle: (reply: QuestionReply) => void;
}

/** A question of ours is known by the process that holds it and 128 random bits: no id of a server's passes through. */
const QUESTION_ID = /^[0-9A-Za-z]{8}\.[0-9a-f]{32}$/;

const locateToken = createLocator(["_meta", "progressToken"]);

/** Whether a response with this id may answer a question of a gateway's. */
export function isQuestionId(id: unknown): id is string {
  return typeof id === "string" && QUESTION_ID.test(id);
}

/** The questions of servers that legacy clients have in hand. Each is answered once: by its client, or with an error when it is over. */
export class OpenQuestions {
  readonly #options: OpenQuestionsOptions;
  readonly #open = new Map<string, Open>();
  readonly #bySession = new Map<LiveSession, Set<string>>();

  constructor(options: OpenQuestionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Asks the client. `drop` takes the question back, and tells the client so where it still has it. */
  ask({ session, host, question, send }: Asking): { readonly reply: Promise<QuestionReply>; drop(): void } {
    const refused = this.#refuse(session, question, send);
    if (send === undefined || refused !== undefined) return { reply: Promise.resolve(refused ?? NOBODY_LISTENS), drop: () => {} };
    const id = `${this.#options.self}.${randomBytes(16).toString("hex")}`;
    const { promise: reply, resolve } = Promise.withResolvers<QuestionReply>();
    const takeBack = (instead: QuestionReply) => {
      if (!this.#open.has(id)) return;
      settle(instead);
      send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${id}"}}`);
    };
    const drop = () => takeBack(CLIENT_GONE);
    const timer = setTimeout(() => takeBack(TOO_LATE), this.#options.timeoutMs);
    const forget = session.onClose(() => settle(CLIENT_GONE));
    question.signal?.addEventListener("abort", drop);
    const settle = (given: QuestionReply) => {
      clearTimeout(timer);
      forget();
      question.signal?.removeEventListener("abort", drop);
      this.#remove(id, session);
      resolve(given);
    };
    this.#add(id, { session, host, progressToken: tokenOf(question), settle });
    const params = question.paramsText === undefined ? "" : `,"params":${question.paramsText}`;
    send(`{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(question.method)}${params}}`);
    return { reply, drop };
  }

  /** Takes what a client posted. False where no such question is open in its session: it is over, or was never its own. */
  answer(session: LiveSession, id: string, response: string): boolean {
    const open = this.#open.get(id);
    if (open?.session !== session) return false;
    open.settle(replyIn(response));
    return true;
  }

  /** The same for one that came by way of another process, which has found out whose it is. */
  answerFor(principalId: string, id: string, response: string): boolean {
    const open = this.#open.get(id);
    return open?.session.claims.principalId === principalId && this.answer(open.session, id, response);
  }

  /** The server that waits for progress under this token. */
  hostOf(session: LiveSession, token: unknown): ServerHost | undefined {
    const progressToken = JSON.stringify(token);
    if (token === undefined) return undefined;
    for (const id of this.#bySession.get(session) ?? []) {
      const open = this.#open.get(id);
      if (open?.progressToken === progressToken) return open.host;
    }
    return undefined;
  }

  #refuse(session: LiveSession, { method, paramsText, signal }: Question, send: Asking["send"]): QuestionReply | undefined {
    if (!mayBeAsked(session.capabilities, method, paramsText)) return NOT_OFFERED;
    if (send === undefined) return NOBODY_LISTENS;
    if (signal?.aborted === true) return CLIENT_GONE;
    return (this.#bySession.get(session)?.size ?? 0) >= this.#options.maxPerSession ? TOO_MANY_QUESTIONS : undefined;
  }

  #add(id: string, open: Open): void {
    this.#open.set(id, open);
    const ids = this.#bySession.get(open.session) ?? new Set();
    this.#bySession.set(open.session, ids.add(id));
  }

  #remove(id: string, session: LiveSession): void {
    this.#open.delete(id);
    const ids = this.#bySession.get(session);
    ids?.delete(id);
    if (ids?.size === 0) this.#bySession.delete(session);
  }
}

/** As JSON.stringify writes it, so that two ways of writing are one. */
function tokenOf({ paramsText }: Question): string | undefined {
  const span = paramsText === undefined ? undefined : locateToken(paramsText).spans[0];
  return paramsText === undefined || span === undefined ? undefined : JSON.stringify(JSON.parse(paramsText.slice(span.start, span.end)));
}
