/** A log-in of a person. Its raw credential is in the answer to the log-in and nowhere else. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  /** SHA-256 of the raw credential in hex. */
  readonly sha256: string;
  readonly client: SessionClient;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** The absolute limit. */
  readonly expiresAt: Date;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

export type SessionClient = "cli" | "browser";

export interface SessionLimits {
  readonly absoluteMs: Readonly<Record<SessionClient, number>>;
  /** A session that was not used for so long has ended. */
  readonly idleMs: Readonly<Record<SessionClient, number>>;
  /** Of more, the oldest end. */
  readonly maxPerUser: number;
  /** When a session was last used is written at most this often. */
  readonly touchEveryMs: number;
}

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const SESSION_LIMITS: SessionLimits = {
  absoluteMs: { cli: 30 * DAY_MS, browser: 12 * HOUR_MS },
  idleMs: { cli: 7 * DAY_MS, browser: HOUR_MS },
  maxPerUser: 50,
  touchEveryMs: 60_000,
};

export function isLive(session: Session, limits: SessionLimits, now: Date): boolean {
  const idleFrom = session.lastUsedAt.getTime() + limits.idleMs[session.client];
  return now.getTime() < Math.min(session.expiresAt.getTime(), idleFrom);
}

/** The sessions that end when a user gets one more: those past their limits, then the oldest beyond the number allowed. */
export function planEnd(sessions: readonly Session[], limits: SessionLimits, now: Date): readonly Session[] {
  const dead = sessions.filter((session) => !isLive(session, limits, now));
  const live = sessions.filter((session) => !dead.includes(session)).toSorted(byAge);
  return [...dead, ...live.slice(0, Math.max(0, live.length + 1 - limits.maxPerUser))];
}

function byAge(left: Session, right: Session): number {
  return left.createdAt.getTime() - right.createdAt.getTime() || (left.id < right.id ? -1 : 1);
}
