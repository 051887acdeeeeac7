import type { Clock } from "../../core/clock.ts";
import { ServerLog, type ServerLogLimits } from "./server-log.ts";

interface Entry {
  readonly id: string;
  readonly log: ServerLog;
  /** Upstreams that write to it: two for a moment, where one takes another's place. */
  users: number;
}

/** An upstream's hold on its server's log. */
export interface HeldLog {
  readonly log: ServerLog;
  /** The upstream is closed. */
  release(): void;
}

/**
 * The logs of the servers that run as processes here, by handle. One that is given another definition keeps its log; it ends
 * with the server, and with a server of the same handle that is another one.
 */
export class ServerLogs {
  readonly #clock: Clock;
  readonly #limits: ServerLogLimits | undefined;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, limits?: ServerLogLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  hold({ id, handle }: { readonly id: string; readonly handle: string }): HeldLog {
    const entry = this.#entryOf(id, handle);
    entry.users += 1;
    let held = true;
    return {
      log: entry.log,
      release: () => {
        if (!held) return;
        held = false;
        entry.users -= 1;
        if (entry.users === 0) this.#end(handle, entry);
      },
    };
  }

  /** Undefined where no process of this server runs here. */
  of(handle: string): ServerLog | undefined {
    return this.#entries.get(handle)?.log;
  }

  #entryOf(id: string, handle: string): Entry {
    const known = this.#entries.get(handle);
    if (known?.id === id) return known;
    if (known !== undefined) this.#end(handle, known);
    const entry: Entry = { id, log: new ServerLog(this.#clock, this.#limits), users: 0 };
    this.#entries.set(handle, entry);
    return entry;
  }

  #end(handle: string, entry: Entry): void {
    if (this.#entries.get(handle) === entry) this.#entries.delete(handle);
    entry.log.end();
  }
}
