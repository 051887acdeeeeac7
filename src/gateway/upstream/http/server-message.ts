import type { CallSignal } from "../../../core/cancel-signal.ts";
import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { mayAsk } from "../may-ask.ts";
import { type Asker, canceledIdText, serverRequest } from "../open-questions.ts";
import { isListChanged } from "../upstream.ts";
import { type HttpSession, type HttpTarget, postAndForget } from "./http-exchange.ts";

/** Who hears what a server says beside its answers. */
export interface Listener {
  /** Takes the text of each notification that is about no list. */
  readonly onNotification: ((text: string) => void) | undefined;
  /** Asks the client of the session; undefined: nobody can be asked. */
  readonly ask: Asker | undefined;
  /** What the client offers, in the form of `initialize`. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** For messages in which nobody is interested but the gateway itself. */
export const NOBODY: Listener = { onNotification: undefined, ask: undefined, capabilities: {} };

/** A server that asks faster than it takes the refusals gets none for the rest. */
const MAX_ANSWERING = 16;

/**
 * Takes a message of a server that is no answer: list changes go to the events, questions to the client, all else to who
 * listens. Returns what ends the question, where it is one.
 */
export function takeServerMessage(
  target: HttpTarget,
  session: HttpSession | undefined,
  text: string,
  message: Readonly<Record<string, unknown>>,
  listener: Listener,
): CallSignal | undefined {
  const { method, id } = message;
  if (typeof method !== "string") return undefined;
  if (id !== undefined) return answerRequest(target, session, text, method, listener);
  if (isListChanged(method)) target.events.listChanged();
  // It can be about nothing but a question of the server's own, which the client knows under another id.
  else if (method === "notifications/cancelled") session?.questions.cancel(canceledIdText(text));
  else listener.onNotification?.(text);
  return undefined;
}

function answerRequest(
  target: HttpTarget,
  session: HttpSession | undefined,
  text: string,
  method: string,
  { ask, capabilities }: Listener,
): CallSignal | undefined {
  const request = serverRequest(text, method);
  // Without a session the server could not tell whose reply it is.
  if (session?.id !== undefined && ask !== undefined && mayAsk(capabilities, method)) {
    return session.questions.ask(request, ask, (reply) => void postAndForget(target, session, reply));
  }
  answerForGateway(target, session, method, request.idText);
  return undefined;
}

/** What was not offered cannot be asked, save whether we are there. */
function answerForGateway(target: HttpTarget, session: HttpSession | undefined, method: string, idText: string): void {
  const { answering } = target;
  if (answering.now >= MAX_ANSWERING) return;
  answering.now += 1;
  const refusal = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
  void postAndForget(target, session, method === "ping" ? resultMessage(idText, "{}") : errorMessage(idText, refusal)).then(() => {
    answering.now -= 1;
  });
}
