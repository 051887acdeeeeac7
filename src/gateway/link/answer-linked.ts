import type { OpenQuestions } from "../question/open-questions.ts";
import type { SessionTable } from "../session/session-table.ts";
import { type LinkMessage, type LinkReply, NOT_HELD } from "./replica-link.ts";

export interface AnswerLinkedDeps {
  readonly sessions: SessionTable;
  readonly questions: OpenQuestions;
  readonly onEnded: (idHash: string, expiresAt: Date) => void;
}

/**
 * Carries out what another process has sent here, for what is held here. Whose it is is looked at again: what belongs to
 * another principal is not held.
 */
export async function answerLinked({ sessions, questions, onEnded }: AnswerLinkedDeps, message: LinkMessage): Promise<LinkReply> {
  const { kind, target, principalId } = message;
  switch (kind) {
    case "answer":
      return { held: questions.answerFor(principalId, target, message.message) };
    case "cancel": {
      const session = sessions.heldBy(target);
      return { held: session?.claims.principalId === principalId && session.cancel(requestIdOf(message.message)) };
    }
    case "ended":
      onEnded(target, new Date(message.message));
      return { held: true };
    case "retry":
      return NOT_HELD;
  }
}

function requestIdOf(notification: string): string {
  return JSON.stringify((JSON.parse(notification) as { params?: { requestId?: unknown } }).params?.requestId ?? null);
}
