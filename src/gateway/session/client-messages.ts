import type { NotificationEnvelope, ResponseEnvelope } from "../../mcp/envelope.ts";
import { INVALID_REQUEST, LEGACY_BAD_REQUEST } from "../../mcp/json-rpc.ts";
import type { View } from "../catalog/view.ts";
import { holderOf, type ReplicaLink } from "../link/replica-link.ts";
import { isQuestionId, type OpenQuestions } from "../question/open-questions.ts";
import { type Refusal, refuseRpc } from "../refusal.ts";
import type { LiveSession } from "./live-session.ts";
import { sessionHash } from "./session-table.ts";

export interface ClientMessageDeps {
  readonly questions: OpenQuestions;
  readonly link: ReplicaLink;
}

export interface Accepted {
  readonly kind: "accepted";
}

const ACCEPTED: Accepted = { kind: "accepted" };

/**
 * Takes a client's answer to a server's question, wherever it is open: 400 for an id that is no question's, 404 where its
 * process does not hold it, or cannot be reached. One that comes too late is taken, and nothing comes of it.
 */
export async function takeResponse(
  { questions, link }: ClientMessageDeps,
  session: LiveSession,
  message: ResponseEnvelope,
): Promise<Accepted | Refusal> {
  const id: unknown = JSON.parse(message.idText);
  const holder = isQuestionId(id) ? holderOf(id) : undefined;
  if (!isQuestionId(id) || holder === undefined) {
    return refuseRpc(INVALID_REQUEST, "Nobody has asked for this response", message.idText);
  }
  if (holder === link.self) {
    questions.answer(session, id, message.text);
    return ACCEPTED;
  }
  const { principalId } = session.claims;
  const reply = await link.send(holder, { kind: "answer", target: id, principalId, message: message.text });
  if (reply?.held === true) return ACCEPTED;
  const why = reply === undefined ? "cannot be reached" : "does not wait for it any more";
  return refuseRpc(LEGACY_BAD_REQUEST, `The process that has asked ${why}; nothing was answered`, message.idText, 404);
}

/** Takes what a client notifies; what nobody waits for is nothing. Never throws. */
export function takeNotification(deps: ClientMessageDeps, session: LiveSession, view: View, message: NotificationEnvelope): Accepted {
  switch (message.method) {
    case "notifications/cancelled":
      cancel(deps, session, message);
      break;
    case "notifications/progress":
      deps.questions.hostOf(session, message.params.progressToken)?.upstream.notify(session, message.text);
      break;
    case "notifications/roots/list_changed":
      for (const { upstream } of view.hosts) upstream.notify(session, message.text);
      break;
  }
  return ACCEPTED;
}

/** A call that is not here is most likely where the session was opened. */
function cancel({ link }: ClientMessageDeps, session: LiveSession, { params, text }: NotificationEnvelope): void {
  const { opener, principalId } = session.claims;
  if (session.cancel(JSON.stringify(params.requestId)) || opener === undefined || opener === link.self) return;
  void link.send(opener, { kind: "cancel", target: sessionHash(session.claims), principalId, message: text });
}
