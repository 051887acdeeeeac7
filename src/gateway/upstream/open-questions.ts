import { CallSignal } from "../../core/cancel-signal.ts";
import { errorMessage, resultMessage } from "../../mcp/json-rpc.ts";
import { createLocator } from "../../mcp/json-span.ts";
import type { Question, QuestionReply } from "./upstream.ts";

/** Asks a client. Never rejects. */
export type Asker = (question: Question) => Promise<QuestionReply>;

/** A request of a server, by its texts. */
export interface ServerRequest {
  readonly idText: string;
  readonly method: string;
  readonly paramsText: string | undefined;
}

/** Questions of one session that may be open at the same time; a server that asks more is refused. */
const MAX_OPEN = 64;
const INTERNAL_ERROR = -32603;

/**
 * The questions that a server has asked one client and that have no reply yet.
 *
 * Each belongs to the session, or the process, that asked it: its reply goes there and nowhere else.
 */
export class OpenQuestions {
  /** By the id in the server's own writing. */
  readonly #open = new Map<string, CallSignal>();

  get size(): number {
    return this.#open.size;
  }

  /**
   * Asks, and hands the message of the reply to `send`, unless the question is over by then. Returns what ends it;
   * undefined where it was refused.
   */
  ask(request: ServerRequest, asker: Asker, send: (message: string) => void): CallSignal | undefined {
    const { idText, method, paramsText } = request;
    if (this.#open.has(idText) || this.#open.size >= MAX_OPEN) {
      send(errorMessage(idText, { code: INTERNAL_ERROR, message: "Too many questions are open, or this one is" }));
      return undefined;
    }
    const signal = new CallSignal();
    const forget = () => {
      if (this.#open.get(idText) === signal) this.#open.delete(idText);
    };
    this.#open.set(idText, signal);
    signal.addEventListener("abort", forget);
    void asker({ method, paramsText, signal }).then((reply) => {
      if (signal.aborted) return;
      forget();
      send(replyMessage(idText, reply));
    });
    return signal;
  }

  /** The server has taken a question back. One that is not open is nothing. */
  cancel(idText: string): void {
    this.#open.get(idText)?.abort();
  }

  /** Nobody waits for any reply any more. */
  end(): void {
    for (const signal of [...this.#open.values()]) signal.abort();
  }
}

function replyMessage(idText: string, reply: QuestionReply): string {
  if ("resultText" in reply) return resultMessage(idText, reply.resultText);
  return `{"jsonrpc":"2.0","id":${idText},"error":${reply.errorText}}`;
}

const locateRequest = createLocator(["id"], ["params"]);
const locateCanceled = createLocator(["params", "requestId"]);

/** The texts of a server's request: its id goes back as it came, and its params go on so. */
export function serverRequest(text: string, method: string): ServerRequest {
  const [id, params] = locateRequest(text).spans;
  return {
    idText: id === undefined ? "null" : text.slice(id.start, id.end),
    method,
    paramsText: params === undefined ? undefined : text.slice(params.start, params.end),
  };
}

/** The id in a server's `notifications/cancelled`, in its own writing. */
export function canceledIdText(text: string): string {
  const [span] = locateCanceled(text).spans;
  return span === undefined ? "" : text.slice(span.start, span.end);
}
