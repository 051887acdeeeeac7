import { type Timing, waitWith } from "../monitor/timing.ts";
import type { Registry, StateEvent } from "../registry/registry.ts";

/** How many events are read at once: all that a reader who is slow costs. */
const PAGE = 500;
/** How soon a new event is told. Everyone who writes events writes them to the registry, so that is where to look. */
const POLL_MS = 500;

export interface EventWatch {
  readonly service?: string;
  /** Undefined: only new ones. */
  readonly since?: Date;
  readonly signal: AbortSignal;
}

/**
 * Events as they are written, in the order of their ids. Nothing is held for a reader but one page: one who is slow reads on from where it
 * was, and misses only what retention has deleted meanwhile. Ends with `signal`.
 */
export async function* watchEvents(
  { registry, timing }: { readonly registry: Pick<Registry, "events">; readonly timing: Timing },
  { service = "", since, signal }: EventWatch,
): AsyncGenerator<StateEvent> {
  let after = await startOf(registry, service, since);
  while (!signal.aborted) {
    const page = await registry.events({ service, after, oldest: PAGE });
    for (const event of page) {
      if (signal.aborted) return;
      yield event;
      after = event.id;
    }
    if (page.length < PAGE) await waitWith(timing, POLL_MS, signal);
  }
}

/** The id before the first that is told. */
async function startOf(registry: Pick<Registry, "events">, service: string, since: Date | undefined): Promise<number> {
  const [first] = since === undefined ? [] : await registry.events({ service, since, oldest: 1 });
  if (first !== undefined) return first.id - 1;
  const [newest] = await registry.events({ newest: 1 });
  return newest?.id ?? 0;
}
