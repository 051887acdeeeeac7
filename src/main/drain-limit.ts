import { AppError } from "../core/app-error.ts";

/** Ten minutes: who waits longer for the end of a process ends it by force. */
export const MAX_DRAIN_MS = 600_000;

/** How long calls in flight may take when the process is to stop, in ms. Throws `invalid`/`DRAIN_INVALID`. */
export function drainLimitMs(env: Readonly<Record<string, string | undefined>>, configured: number): number {
  const text = env.MCPLOCAL_DRAIN_MS;
  if (text === undefined || text === "") return configured;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (ms <= MAX_DRAIN_MS) return ms;
  throw new AppError("invalid", "DRAIN_INVALID", `MCPLOCAL_DRAIN_MS '${text}' is not a time`, {
    hint: `write milliseconds, at most ${MAX_DRAIN_MS}`,
  });
}
