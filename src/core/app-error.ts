/** The closed set of failure kinds; tables in `error-tables.ts` map each to every wire. */
export type ErrorCode =
  | "invalid"
  | "unauthenticated"
  | "denied"
  | "not_found"
  | "conflict"
  | "precondition"
  | "exhausted"
  | "canceled"
  | "deadline"
  | "unavailable"
  | "unimplemented"
  | "internal";

/**
 * The only error that is thrown on purpose.
 *
 * `reason` is a stable UPPER_SNAKE name for programs, `message` one sentence for
 * people, `hint` what to do about it. `cause` goes to the log and never to a caller.
 * `retryAfterSeconds` says when to come again, where that is known.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    reason: string,
    message: string,
    options: { cause?: unknown; hint?: string; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = reason;
    this.hint = options.hint;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Any thrown value as an AppError: an unknown one becomes `internal`, with itself as the cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError("internal", "INTERNAL", "Something failed inside; the log has the details", { cause: thrown });
}
