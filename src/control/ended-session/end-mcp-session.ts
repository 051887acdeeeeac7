import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { EndedSession, EndedSessionStore } from "./ended-session-store.ts";

export interface EndedSessionDeps {
  readonly ended: EndedSessionStore;
  readonly clock: Clock;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * Ends an MCP session on every gateway; one that has reached its limit has ended by itself.
 * Throws `invalid`/`SESSION_HASH_INVALID`.
 */
export async function endMcpSession({ ended, clock }: EndedSessionDeps, actor: Actor, session: EndedSession): Promise<void> {
  if (!HASH.test(session.idHash)) {
    throw new AppError("invalid", "SESSION_HASH_INVALID", "idHash: must be a SHA-256, 64 of 0-9 and a-f");
  }
  const now = clock.now();
  if (session.expiresAt <= now) return;
  const what = { action: "mcp-session.end", resource: "ended_sessions", resourceName: session.idHash };
  await ended.add(session, resourceEvent(actor, now, what));
}

/** MCP sessions that ended before their time, without those that would have ended by now. */
export async function listEndedSessions({ ended, clock }: EndedSessionDeps): Promise<readonly EndedSession[]> {
  const now = clock.now();
  await ended.prune(now);
  return ended.live(now);
}
