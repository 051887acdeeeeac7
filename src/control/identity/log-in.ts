import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import { generateCredential } from "../../core/credential.ts";
import type { Ids } from "../../core/ids.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Account } from "./account.ts";
import { type CheckLoginDeps, checkLogin, type LoginAttempt, type LoginVerdict, loginRefused } from "./check-login.ts";
import type { Session, SessionClient, SessionLimits } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

export interface LogInDeps extends CheckLoginDeps {
  readonly sessions: SessionStore;
  readonly limits: SessionLimits;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface LogInInput extends LoginAttempt {
  readonly client: SessionClient;
  readonly userAgent: string | undefined;
  readonly traceId: string;
}

export type LogInResult =
  | { readonly accepted: true; readonly account: Account; readonly session: Session; readonly credential: string }
  | Extract<LoginVerdict, { readonly accepted: false }>;

/** Opens a session for who knows the password. Its credential is in the answer and nowhere else. */
export async function logIn(deps: LogInDeps, input: LogInInput): Promise<LogInResult> {
  const verdict = await checkLogin(deps, input);
  if (!verdict.accepted) return verdict;
  const { account } = verdict;
  const credential = generateCredential("session");
  const session = newSession(deps, account, input, credential);
  const event = loginEvent(account, input, deps.clock.now(), { action: "session.create", detail: { client: input.client } });
  const kept = await deps.sessions.start({ session, account, limits: deps.limits, event });
  // The user was disabled, or got another password, while this one was checked.
  if (!kept) return { accepted: false, refusal: loginRefused() };
  return { accepted: true, account, session, credential };
}

const ADDRESS_LENGTH = 64;
const USER_AGENT_LENGTH = 190;

function newSession({ clock, ids, limits }: LogInDeps, account: Account, input: LogInInput, credential: string): Session {
  const now = clock.now();
  return {
    id: ids.next("ses"),
    userId: account.id,
    sha256: hashToken(credential),
    client: input.client,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + limits.absoluteMs[input.client]),
    address: input.address?.slice(0, ADDRESS_LENGTH),
    userAgent: input.userAgent === undefined ? undefined : oneLine(input.userAgent, USER_AGENT_LENGTH),
  };
}

/** What audit keeps of a log-in that opened something. */
export function loginEvent(
  { id, username }: Account,
  { address, traceId }: { readonly address: string | undefined; readonly traceId: string },
  at: Date,
  what: Pick<AuditDraft, "action" | "detail">,
): AuditDraft {
  const actor = { actorKind: "user", actorId: id, actorName: username, user: username } as const;
  const resource = { resource: "sessions", resourceName: username };
  return { kind: "rpc", outcome: "ok", at: at.toISOString(), ...actor, ...resource, ...what, address, traceId };
}
