import type { Observation, Registry, StateEvent } from "../registry/registry.ts";
import { WATCH_LIMITS } from "./monitor-settings.ts";

type Store = Pick<Registry, "observe" | "addEvents" | "setHealth" | "setRestarts">;
type NewEvent = Omit<StateEvent, "id">;
type Place = { readonly service: string; readonly component: string };

/**
 * What the monitor has to write, until it is written: a registry that cannot write for a while (a full disk) loses no event
 * but the oldest of very many, and of observations the last one counts.
 */
export class Outbox {
  readonly #store: Store;
  readonly #onError: (error: unknown) => void;
  #observations = new Map<string, Observation & Place>();
  #facts = new Map<string, () => Promise<void>>();
  #events: NewEvent[] = [];
  #flushing: Promise<void> | undefined;

  constructor(store: Store, onError: (error: unknown) => void) {
    this.#store = store;
    this.#onError = onError;
  }

  observe(seen: Observation & Place): void {
    this.#observations.set(keyOf(seen), seen);
  }

  health(place: Place, ...values: [Parameters<Registry["setHealth"]>[2], string]): void {
    this.#facts.set(`health ${keyOf(place)}`, () => this.#store.setHealth(place.service, place.component, ...values));
  }

  restarts(place: Place, ...values: [number, boolean]): void {
    this.#facts.set(`restarts ${keyOf(place)}`, () => this.#store.setRestarts(place.service, place.component, ...values));
  }

  event(event: NewEvent): void {
    this.#events.push(event);
    if (this.#events.length > WATCH_LIMITS.unwrittenEvents) this.#events.shift();
  }

  /** Writes what is there; what cannot be written stays for the next time. Never throws. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#observations.size === 0 && this.#facts.size === 0 && this.#events.length === 0) return;
    this.#flushing = this.#write();
    await this.#flushing;
    this.#flushing = undefined;
  }

  async #write(): Promise<void> {
    const [observations, facts, events] = [this.#observations, this.#facts, this.#events];
    this.#observations = new Map();
    this.#facts = new Map();
    this.#events = [];
    try {
      await this.#store.observe([...observations.values()]);
      for (const [key, write] of facts) {
        await write();
        facts.delete(key);
      }
      await this.#store.addEvents(events);
    } catch (error) {
      // What came meanwhile is newer.
      this.#observations = new Map([...observations, ...this.#observations]);
      this.#facts = new Map([...facts, ...this.#facts]);
      this.#events = [...events, ...this.#events].slice(-WATCH_LIMITS.unwrittenEvents);
      this.#onError(error);
    }
  }
}

function keyOf({ service, component }: Place): string {
  return `${service}/${component}`;
}
