import { AppError } from "../../core/app-error.ts";
import { type CallLimiter, PASS, type RateVerdict } from "./call-limiter.ts";

export interface DecidedLimiterOptions {
  readonly limiter: CallLimiter;
  /** How long one decision may take, in ms. */
  readonly timeoutMs: number;
  /** What becomes of a call that cannot be counted: `open` lets it pass, `closed` refuses it. */
  readonly onStoreFailure: "open" | "closed";
  /** Hears of each call that could not be counted. */
  readonly onLimiterUnavailable: (error: unknown) => void;
}

const UNDECIDED: RateVerdict = { allowed: false, retryAfterS: 1, undecided: true };

/** A limiter that always decides, in time: where the one behind it cannot, as it was chosen. It never rejects. */
export function decidedLimiter(options: DecidedLimiterOptions): CallLimiter {
  const { limiter, timeoutMs, onStoreFailure, onLimiterUnavailable } = options;
  const failed = (error: unknown): RateVerdict => {
    onLimiterUnavailable(error);
    return onStoreFailure === "open" ? PASS : UNDECIDED;
  };
  return {
    async take(key, perMinute) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        const fail = () => reject(new AppError("deadline", "LIMITER_TIMEOUT", "The store of rate limits took too long"));
        // The time may have passed because this thread was busy: an answer that has come meanwhile is read first.
        timer = setTimeout(() => {
          timer = setTimeout(fail);
        }, timeoutMs);
      });
      try {
        return await Promise.race([limiter.take(key, perMinute), late]);
      } catch (thrown) {
        return failed(thrown);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
