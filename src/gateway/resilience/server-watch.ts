import type { ServerState } from "../../api/server-status.ts";
import type { ServerHost } from "../server-host.ts";
import { isProbeDue } from "./is-probe-due.ts";
import { probeServer } from "./probe-server.ts";
import type { ProbeSettings } from "./resilience-settings.ts";

/** The state of a server as it is shown. */
export interface ShownState {
  readonly handle: string;
  readonly state: ServerState;
  readonly reason?: string;
}

/** `before` is undefined for a server that was not there; one that is gone is `stopped`. */
export type StateChange = ShownState & { readonly before: ServerState | undefined };

export interface ServerWatchOptions {
  readonly hosts: () => Iterable<ServerHost>;
  /** Of all servers, those that are switched off too. */
  readonly states: () => Iterable<ShownState>;
  readonly probe: ProbeSettings;
  readonly watchMs: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onStateChange: (change: StateChange) => void;
}

interface Watched {
  lastProbeAt: number;
  jitter: number;
  isProbed: boolean;
}

/**
 * Looks at all servers again and again: asks those that nobody has called for a while whether they are well, a few at a
 * time, and tells whose state has changed.
 */
export class ServerWatch {
  readonly #options: ServerWatchOptions;
  #probeSettings: ProbeSettings;
  readonly #stopping = new AbortController();
  readonly #watched = new WeakMap<ServerHost, Watched>();
  readonly #probes = new Set<Promise<void>>();
  #told: ReadonlyMap<string, ServerState> = new Map();
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
    this.#probeSettings = options.probe;
  }

  /** Holds for the probes from now on. */
  configure(probe: ProbeSettings): void {
    this.#probeSettings = probe;
  }

  start(): void {
    if (this.#ticking !== undefined || this.#stopping.signal.aborted) return;
    this.#ticking = setInterval(() => this.tick(), this.#options.watchMs);
    this.#ticking.unref();
  }

  /** One look; done by itself every `watchMs`. */
  tick(): void {
    this.#probeWhoIsDue();
    this.#tellWhatChanged();
  }

  /** No probe is under way when it resolves. */
  async close(): Promise<void> {
    clearInterval(this.#ticking);
    this.#stopping.abort();
    await Promise.all(this.#probes);
  }

  #probeWhoIsDue(): void {
    const now = this.#options.monotonicNow();
    const due = [...this.#options.hosts()]
      .map((host) => ({ host, watched: this.#watch(host, now) }))
      .filter(
        ({ host, watched }) => !watched.isProbed && isProbeDue(host.upstream.pulse(), { now, intervalMs: intervalOf(host), ...watched }),
      )
      .sort((one, other) => one.watched.lastProbeAt - other.watched.lastProbeAt);
    // Who finds no place has waited longest at the next look.
    for (const { host, watched } of due.slice(0, Math.max(0, this.#probeSettings.maxAtOnce - this.#probes.size)))
      this.#probe(host, watched);
  }

  #probe(host: ServerHost, watched: Watched): void {
    watched.isProbed = true;
    const probe = this.#ask(host).finally(() => {
      this.#probes.delete(probe);
      watched.isProbed = false;
      watched.lastProbeAt = this.#options.monotonicNow();
      watched.jitter = this.#newJitter();
    });
    this.#probes.add(probe);
  }

  async #ask(host: ServerHost): Promise<void> {
    const { timeoutMs, failures } = this.#probeSettings;
    const failure = await probeServer(host, timeoutMs, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    if (failure !== undefined) host.upstream.probeFailed(failure, failures);
    // What it could not say while it was not well it may say now.
    else if (host.catalog.stale) void host.catalog.refresh();
  }

  #watch(host: ServerHost, now: number): Watched {
    const known = this.#watched.get(host);
    if (known !== undefined) return known;
    const watched = { lastProbeAt: now, jitter: this.#newJitter(), isProbed: false };
    this.#watched.set(host, watched);
    return watched;
  }

  #newJitter(): number {
    return 0.9 + this.#options.random() * 0.2;
  }

  #tellWhatChanged(): void {
    const { onStateChange } = this.#options;
    const before = this.#told;
    const now = new Map<string, ServerState>();
    for (const shown of this.#options.states()) {
      now.set(shown.handle, shown.state);
      const earlier = before.get(shown.handle);
      if (earlier !== shown.state) onStateChange({ ...shown, before: earlier });
    }
    this.#told = now;
    for (const [handle, earlier] of before) if (!now.has(handle)) onStateChange({ handle, state: "stopped", before: earlier });
  }
}

function intervalOf({ upstream }: ServerHost): number | undefined {
  return upstream.limits.probeIntervalMs;
}
