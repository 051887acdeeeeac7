import type { CancelSignal } from "../../../core/cancel-signal.ts";
import type { SseEvent, SseParser } from "../../../mcp/sse.ts";
import type { ReadBudget } from "../read-budget.ts";

const NONE: readonly SseEvent[] = [];

/**
 * Counts what a server says in one stream of events against its budget. Nothing of an answer counts: what is unfinished may
 * be one, and where it was nobody asks any more.
 */
export class EventMeter {
  readonly #budget: ReadBudget;
  readonly #parser: SseParser;
  /** Bytes that came and are not counted yet. */
  #uncounted = 0;

  constructor(budget: ReadBudget, parser: SseParser) {
    this.#budget = budget;
    this.#parser = parser;
  }

  /**
   * Takes note of a piece and the events that it finished, and of those that are answers where others are still waited for.
   * Resolves when the stream may be read on; undefined: at once.
   */
  take(
    piece: Uint8Array,
    events: readonly SseEvent[],
    signal: CancelSignal,
    answers: readonly SseEvent[] = NONE,
  ): Promise<void> | undefined {
    const { held } = this.#parser;
    const finished = this.#uncounted + piece.byteLength - held;
    const ofAnswers = answers.reduce((length, { data }) => length + data.length, 0);
    this.#uncounted = held;
    this.#budget.spend(Math.max(0, finished - ofAnswers), events.length - answers.length);
    return this.#budget.pause(signal);
  }
}
