import { AppError, toAppError } from "../core/app-error.ts";
import { errorLines } from "./error-lines.ts";
import type { CliOutput } from "./ports.ts";

/** How one of several went. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error };

/** Done in part. */
const PARTLY = 3;

/**
 * Tries one after the other, whatever becomes of those before. Where mcpd is lost the rest is not tried; it throws where
 * it was lost from the first one on.
 */
export async function tryEach<I, T>(inputs: readonly I[], work: (input: I) => Promise<T>): Promise<readonly Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  for (const input of inputs) {
    try {
      outcomes.push({ ok: true, value: await work(input) });
    } catch (thrown) {
      if (isLost(thrown) && outcomes.every(({ ok }) => !ok)) throw thrown;
      outcomes.push({ ok: false, error: toAppError(thrown) });
      if (isLost(thrown)) break;
    }
  }
  return outcomes;
}

/** Whether what comes next would fail in the same way: mcpd is not reached, or does not know the credential. */
export function isLost(thrown: unknown): boolean {
  return thrown instanceof AppError && (thrown.reason === "API_UNREACHABLE" || thrown.code === "unauthenticated");
}

/** Says what failed, and gives the exit code. */
export function printOutcomes(output: CliOutput, outcomes: readonly Outcome<unknown>[]): number {
  for (const outcome of outcomes) {
    if (!outcome.ok) output.stderr(errorLines(outcome.error.message, toAppError(outcome.error).hint));
  }
  return exitCodeFor(outcomes);
}

/** 0: all done. 1: none. 3: some. */
export function exitCodeFor(outcomes: readonly Outcome<unknown>[]): number {
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed === 0) return 0;
  return failed === outcomes.length ? 1 : PARTLY;
}
