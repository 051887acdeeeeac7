const DAY_MS = 24 * 3_600_000;

/** Days before a certificate's end at which it is said. */
const ALARM_DAYS = [30, 7, 1, 0] as const;
export type AlarmDays = (typeof ALARM_DAYS)[number];

/**
 * What is to be said of a certificate now, and was not said yet: the smallest of 30, 7 and 1 days that is left, 0 when it
 * has ended. `said` is what was said last of this certificate. Undefined: nothing.
 */
export function decideExpiryAlarm(expiresAt: Date, now: Date, said: AlarmDays | undefined): AlarmDays | undefined {
  const days = (expiresAt.getTime() - now.getTime()) / DAY_MS;
  const due = ALARM_DAYS.filter((threshold) => days <= threshold).at(-1);
  return due === undefined || (said !== undefined && said <= due) ? undefined : due;
}

export function expirySentence(expiresAt: Date, days: AlarmDays): string {
  const at = expiresAt.toISOString();
  if (days === 0) return `The certificate of this agent has ended at ${at}: nobody can call it any more`;
  return `The certificate of this agent ends in ${days === 1 ? "a day or less" : `${days} days or less`}, at ${at}`;
}
