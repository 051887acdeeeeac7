import { type ConnectionKeeper, keepConnected } from "../keep-connected.ts";
import type { ConnectMainOptions } from "./connect-main.ts";
import { countLives } from "./count-lives.ts";
import { connectModernPipe, type ModernPipe } from "./modern-pipe.ts";
import { probePipe } from "./probe-pipe.ts";

export interface ModernSideOptions extends ConnectMainOptions {
  readonly onLost: (reason: string) => void;
  readonly onRestart: () => void;
}

/**
 * The modern face of a server whose main pipe is a legacy one, as one process speaks one era. Nothing is started before the
 * first modern call: then the server is asked for its era, and where it speaks both a second pipe is opened. Until that
 * stands, calls go over the bridge.
 */
export class ModernSide {
  readonly #options: ModernSideOptions;
  readonly #closing = new AbortController();
  #keeper: ConnectionKeeper<ModernPipe> | undefined;
  #probing: Promise<void> | undefined;

  constructor(options: ModernSideOptions) {
    this.#options = options;
  }

  /** Whether the modern pipe stands, so that modern calls go there. */
  get stands(): boolean {
    return this.#keeper?.peek() !== undefined;
  }

  /** The modern pipe, where it stands. A modern call waits for it: what it takes is begun. */
  wanted(): ModernPipe | undefined {
    const { era, command, verdicts } = this.#options;
    const pipe = this.#keeper?.peek();
    if (pipe !== undefined || era !== "auto" || this.#closing.signal.aborted) return pipe;
    const known = verdicts.get(command);
    if (known === undefined) this.#probing ??= this.#probe();
    else if (known.modern) this.#start();
    return undefined;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#probing, this.#keeper?.close()]);
  }

  async #probe(): Promise<void> {
    const { handle, open, command, verdicts, limits } = this.#options;
    const verdict = await probePipe({ handle, open, timeoutMs: limits.probeTimeoutMs }, this.#closing.signal);
    if (verdict !== "unknown") verdicts.set(command, { legacy: true, modern: verdict === "modern" });
    this.#probing = undefined;
    if (verdict === "modern" && !this.#closing.signal.aborted) this.#start();
  }

  #start(): void {
    const { handle, open, events, command, verdicts, limits, onLost, onRestart } = this.#options;
    const { initializeTimeoutMs: discoverTimeoutMs, restart: backoff, stableAfterMs } = limits;
    this.#keeper ??= keepConnected({
      handle,
      backoff,
      stableAfterMs,
      connect: countLives((signal: AbortSignal) => {
        return connectModernPipe({ handle, open, events, ...limits, discoverTimeoutMs }, signal);
      }, onRestart),
      // What it lists may be written otherwise than what the legacy pipe does.
      onReady: () => events.listChanged(),
      onLost: (reason) => {
        // It may not be what it was: the next modern call asks again.
        verdicts.forget(command);
        onLost(reason);
      },
    });
    this.#keeper.start();
  }
}
