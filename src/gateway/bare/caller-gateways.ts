import type { Gateway } from "../gateway.ts";

/** Whose gateway it is: the SHA-256 of a credential, and a project's name. */
export interface CallerKey {
  readonly hash: string;
  readonly project: string;
}

export interface CallerGatewaysOptions {
  readonly maxOpen: number;
  /** One that nobody used for so long is closed. */
  readonly idleMs: number;
  readonly monotonicNow: () => number;
  readonly onFailure: (thrown: unknown) => void;
}

interface Entry {
  readonly key: CallerKey;
  readonly opening: Promise<Gateway>;
  /** Set when it is open. */
  gateway: Gateway | undefined;
  usedAt: number;
}

/**
 * The gateways of callers: each is opened by its first request, and those that come meanwhile wait for the same one.
 * Bounded: the one that was used longest ago makes room, before others one that nobody is using now.
 */
export class CallerGateways {
  readonly #options: CallerGatewaysOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #endings = new Set<Promise<void>>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  #closed = false;

  constructor(options: CallerGatewaysOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.sweep(), Math.max(1000, options.idleMs / 10));
    this.#sweeper.unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Those that are open. */
  *open(): Iterable<Gateway> {
    for (const { gateway } of this.#entries.values()) if (gateway !== undefined) yield gateway;
  }

  /** The gateway of this caller, made by `open` where there is none. Throws what `open` throws; nothing is kept then. */
  get(key: CallerKey, open: () => Promise<Gateway>): Promise<Gateway> {
    const name = nameOf(key);
    const entry = this.#entries.get(name) ?? this.#begin(key, open);
    entry.usedAt = this.#options.monotonicNow();
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    this.#makeRoom();
    return entry.opening;
  }

  /** Closes the one of this caller, or all of a credential; calls in flight are told so. */
  drop({ hash, project }: { readonly hash: string; readonly project?: string }): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.key.hash === hash && (project === undefined || entry.key.project === project)) this.#end(entry);
    }
  }

  /** Closes those that nobody used for a while. */
  sweep(): void {
    const before = this.#options.monotonicNow() - this.#options.idleMs;
    for (const entry of [...this.#entries.values()]) if (entry.usedAt <= before && !isBusy(entry)) this.#end(entry);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const entry of [...this.#entries.values()]) this.#end(entry);
    await Promise.all(this.#endings);
  }

  #begin(key: CallerKey, open: () => Promise<Gateway>): Entry {
    const opening = open();
    const entry: Entry = { key, opening, gateway: undefined, usedAt: 0 };
    opening.then(
      (gateway) => {
        entry.gateway = gateway;
        if (this.#closed) this.#end(entry);
      },
      () => this.#entries.get(nameOf(key)) === entry && this.#entries.delete(nameOf(key)),
    );
    return entry;
  }

  #makeRoom(): void {
    if (this.#entries.size <= this.#options.maxOpen) return;
    const entries = [...this.#entries.values()];
    const victim = entries.find((entry) => !isBusy(entry)) ?? entries[0];
    if (victim !== undefined) this.#end(victim);
  }

  #end(entry: Entry): void {
    const name = nameOf(entry.key);
    if (this.#entries.get(name) === entry) this.#entries.delete(name);
    const ending = entry.opening
      .then(
        (gateway) => gateway.close(),
        () => {},
      )
      .catch((thrown: unknown) => this.#options.onFailure(thrown))
      .finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }
}

function nameOf({ hash, project }: CallerKey): string {
  return `${hash} ${project}`;
}

/** Whether it opens now, has calls in flight, or a client listens. */
function isBusy({ gateway }: Entry): boolean {
  if (gateway === undefined) return true;
  for (const session of gateway.pipeline.sessions.held()) if (!session.idle) return true;
  // Modern clients have no sessions.
  const { streamsOpen, callsParked, servers } = gateway.vitals();
  return streamsOpen.modern > 0 || callsParked > 0 || servers.some(({ callsInFlight }) => callsInFlight > 0);
}
