import pino, { type Logger } from "pino";

const REDACTED = [
  "authorization",
  "token",
  "password",
  "secret",
  "cookie",
  "*.authorization",
  "*.token",
  "*.password",
  "*.secret",
  "*.cookie",
];

/** The program's log: one JSON object a line, on standard error; `MCPCTL_LOG_LEVEL` sets how much (default `warn`). */
export function createLog(env: Readonly<Record<string, string | undefined>>): Logger {
  const asked = env.MCPCTL_LOG_LEVEL ?? "";
  const level = asked in pino.levels.values || asked === "silent" ? asked : "warn";
  return pino({ level, base: null, redact: REDACTED }, pino.destination({ fd: 2, sync: true }));
}
