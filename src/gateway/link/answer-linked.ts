import type { TaskDeps } from "../modern-task/call-task.ts";
import { answerTaskLinked } from "../modern-task/task-requests.ts";
import { type ContinueDeps, continueLinked } from "../parking/continue-call.ts";
import type { OpenQuestions } from "../question/open-questions.ts";
import type { SessionTable } from "../session/session-table.ts";
import type { PairStreams } from "../sse-pair/pair-streams.ts";
import { answerPosted } from "../sse-pair/take-posted.ts";
import type { LinkMessage, LinkReply } from "./replica-link.ts";

export interface AnswerLinkedDeps extends ContinueDeps {
  readonly sessions: SessionTable;
  readonly questions: OpenQuestions;
  readonly pairs: PairStreams;
  readonly tasks: TaskDeps;
  readonly onEnded: (idHash: string, expiresAt: Date) => void;
}

/**
 * Carries out what another process has sent here, for what is held here. Whose it is is looked at again: what belongs to
 * another principal is not held.
 */
export async function answerLinked(deps: AnswerLinkedDeps, message: LinkMessage): Promise<LinkReply> {
  const { kind, target, principalId } = message;
  switch (kind) {
    case "answer":
      return { held: deps.questions.answerFor(principalId, target, message.message) };
    case "cancel":
      return { held: cancel(deps, message) };
    case "posted":
      return answerPosted(deps.pairs, message);
    case "ended":
      deps.onEnded(target, new Date(message.message));
      return { held: true };
    case "task":
      return answerTaskLinked(deps.tasks, message);
    case "retry":
      return continueLinked(deps, message);
  }
}

/** Of a parked call, or of a call in a session, which the hash of the session leads to. */
function cancel({ parked, sessions }: AnswerLinkedDeps, { target, principalId, message }: LinkMessage): boolean {
  const call = parked.find(target, principalId);
  call?.cancel();
  const session = sessions.heldBy(target);
  const isTheirs = session?.claims.principalId === principalId && session.cancel(requestIdOf(message));
  return call !== undefined || isTheirs;
}

function requestIdOf(notification: string): string {
  return JSON.stringify((JSON.parse(notification) as { params?: { requestId?: unknown } }).params?.requestId ?? null);
}
