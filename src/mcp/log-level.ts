/** The levels of log messages, the least severe first (RFC 5424). */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

export type LogLevel = (typeof LEVELS)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return LEVELS.some((level) => level === value);
}

/** Whether a message of this level is one for who wants those from `least` on. */
export function reaches(level: unknown, least: LogLevel): boolean {
  return isLogLevel(level) && LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
