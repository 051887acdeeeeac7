import pino, { type Logger } from "pino";
import { AppError } from "../core/app-error.ts";
import { nearest } from "../core/nearest.ts";
import { redactText } from "../core/redact.ts";

/** How much the log says; `silent` is nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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

/** Of a text in the log, in characters: a stack is long. */
const MAX_TEXT = 10_000;

/** Where the log goes; standard error by default. */
export interface LogSink {
  write(line: string): void;
}

/**
 * The program's log: one JSON object a line. `MCPCTL_LOG_LEVEL` says how much, else the configuration, else it is quiet (`warn`).
 * What looks like a credential is taken out of texts, errors among them. Throws `invalid`/`LOG_LEVEL_INVALID`.
 */
export function createLog(
  env: Readonly<Record<string, string | undefined>>,
  configured: LogLevel = "warn",
  sink: LogSink = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level: parseLevel(env.MCPCTL_LOG_LEVEL) ?? configured,
      base: null,
      redact: REDACTED,
      serializers: { err: errorWithoutSecrets },
      hooks: {
        logMethod(args, method) {
          const [about, ...texts] = withOwnMessage(args);
          const clean = texts.map((part) => (typeof part === "string" ? redactText(part, MAX_TEXT) : part));
          method.apply(this, [about, ...clean] as unknown as typeof args);
        },
      },
    },
    sink,
  );
}

function parseLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined || text === "") return undefined;
  const level = LOG_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  const [meant] = nearest(text, LOG_LEVELS);
  throw new AppError("invalid", "LOG_LEVEL_INVALID", `MCPCTL_LOG_LEVEL '${text}' is no level of the log`, {
    hint: meant === undefined ? `write one of ${LOG_LEVELS.join(", ")}` : `did you mean ${meant}?`,
  });
}

/** An object and a message: without one, pino takes that of the error as it is. */
function withOwnMessage([first, ...others]: readonly unknown[]): readonly unknown[] {
  const about = first instanceof Error ? { err: first } : first;
  if (typeof about === "string") return [{}, about, ...others];
  const error = (about as { readonly err?: unknown } | null)?.err;
  return others.length === 0 && error instanceof Error ? [about, error.message] : [about, ...others];
}

/** An error as pino writes it down. */
function errorWithoutSecrets(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? redactText(error, MAX_TEXT) : error;
  const { message, stack, ...rest } = pino.stdSerializers.err(error);
  return { ...rest, message: redactText(message, MAX_TEXT), stack: redactText(stack, MAX_TEXT) };
}
