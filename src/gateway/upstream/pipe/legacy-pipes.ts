import type { LegacyCall } from "../legacy-call.ts";
import type { Peer } from "../peer.ts";
import type { UpstreamEvents } from "../upstream.ts";
import { connectLegacyPipe, type LegacyPipe } from "./legacy-pipe.ts";
import type { OpenPipe } from "./message-pipe.ts";
import { PeerPipes } from "./peer-pipes.ts";
import type { PipeLimits } from "./pipe-limits.ts";

export interface LegacyPipesOptions {
  readonly handle: string;
  /** Opens a pipe of its own each time. */
  readonly open: OpenPipe;
  readonly events: UpstreamEvents;
  readonly limits: PipeLimits;
}

/** Pipes to a legacy server that keeps a session for each: one of the gateway's own, and one for each client. */
export class LegacyPipes {
  readonly main: LegacyPipe;
  readonly #peers: PeerPipes;

  private constructor(main: LegacyPipe, peers: PeerPipes) {
    this.main = main;
    this.#peers = peers;
  }

  /** Opens the gateway's own. Throws what `connectLegacyPipe` throws. */
  static async connect({ handle, open, events, limits }: LegacyPipesOptions, signal: AbortSignal): Promise<LegacyPipes> {
    const connect = (peer: Peer | undefined, within: AbortSignal) => connectLegacyPipe({ handle, open, events, ...limits, peer }, within);
    const main = await connect(undefined, signal);
    const peers = new PeerPipes({ handle, connect, ...limits, max: limits.maxPeers, onLost: () => {}, onRestart: () => {} });
    return new LegacyPipes(main, peers);
  }

  request(call: LegacyCall): Promise<string> {
    return call.peer === undefined ? this.main.request(call) : this.#peers.request(call.peer, call);
  }

  notify(peer: Peer, message: string): void {
    this.#peers.notify(peer, message);
  }

  async close(): Promise<void> {
    await Promise.all([this.main.close(), this.#peers.close()]);
  }
}
