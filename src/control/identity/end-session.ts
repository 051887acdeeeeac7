import { AppError } from "../../core/app-error.ts";
import { decideAccess, requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { userIdOf } from "./list-sessions.ts";
import type { FoundSession, SessionStore } from "./session-store.ts";

export interface EndSessionDeps {
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/**
 * Ends a session: one's own, or with edit on its user another's. To who may not even view that user it is not there.
 *
 * Throws `not_found`/`SESSION_UNKNOWN`, `denied`/`PERMISSION_DENIED`.
 */
export async function endSession(deps: EndSessionDeps, actor: Actor, id: string): Promise<void> {
  const found = /^ses_[0-9A-Za-z]+$/.test(id) ? await deps.sessions.byId(id) : undefined;
  if (found === undefined) throw unknown();
  if (found.account.id !== userIdOf(actor)) requireMayEnd(actor, found.account.username);
  if (!(await end(deps, actor, found))) throw unknown();
}

function requireMayEnd({ caller }: Actor, name: string): void {
  if (decideAccess(caller, { verb: "edit", resource: "users", name }).allowed) return;
  if (!decideAccess(caller, { verb: "view", resource: "users", name }).allowed) throw unknown();
  requireAccess(caller, { verb: "edit", resource: "users", name });
}

/** Ends the session that a request came with, by its hash. One that has ended meanwhile is no error. */
export async function logOut(deps: EndSessionDeps, actor: Actor, sha256: string): Promise<void> {
  const found = await deps.sessions.bySha(sha256);
  if (found !== undefined) await end(deps, actor, found);
}

async function end({ sessions, clock }: EndSessionDeps, actor: Actor, { session, account }: FoundSession): Promise<boolean> {
  const what = { action: "session.end", resource: "sessions", resourceName: account.username, detail: { session: session.id } };
  return await sessions.end(session, resourceEvent(actor, clock.now(), what));
}

function unknown(): AppError {
  return new AppError("not_found", "SESSION_UNKNOWN", "There is no such session");
}
