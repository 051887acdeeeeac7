import type { SharedRoom } from "./shared-room.ts";
import type { StreamSettings } from "./stream-settings.ts";

export interface KeptEvent {
  readonly sequence: number;
  readonly data: string;
}

type Limits = Pick<StreamSettings, "maxKeptMessages" | "maxKeptChars">;

/** The last events of one stream, for a reader that comes back. Bounded: the oldest make room, and one that is too large for it is not kept. */
export class KeptEvents {
  readonly #limits: Limits;
  readonly #room: SharedRoom;
  #events: KeptEvent[] = [];
  #chars = 0;
  /** The last one that is not here any more. */
  #lostUpTo = 0;

  constructor(limits: Limits, room: SharedRoom) {
    this.#limits = limits;
    this.#room = room;
  }

  add(event: KeptEvent): void {
    const { length } = event.data;
    this.#events.push(event);
    this.#chars += length;
    const taken = this.#room.take(length);
    if (!taken) this.#chars -= this.#lose(this.#events.pop());
    while (this.#events.length > this.#limits.maxKeptMessages || this.#chars > this.#limits.maxKeptChars) this.#dropFirst();
  }

  /** Those behind this one. */
  after(sequence: number): readonly KeptEvent[] {
    return this.#events.filter((event) => event.sequence > sequence);
  }

  /** Whether this one is not here any more. */
  hasLost(sequence: number): boolean {
    return sequence <= this.#lostUpTo && !this.#events.some((event) => event.sequence === sequence);
  }

  clear(): void {
    this.#room.giveBack(this.#chars);
    this.#events = [];
    this.#chars = 0;
  }

  #dropFirst(): void {
    const chars = this.#lose(this.#events.shift());
    this.#chars -= chars;
    this.#room.giveBack(chars);
  }

  #lose(event: KeptEvent | undefined): number {
    this.#lostUpTo = Math.max(this.#lostUpTo, event?.sequence ?? 0);
    return event?.data.length ?? 0;
  }
}
