import type { Answer } from "../answer.ts";
import { CallInFlight, type CallListener, type CallOptions } from "../call/call-in-flight.ts";
import type { ModernPeer } from "../peers/modern-peer.ts";
import type { ModernPeers, PeerKey } from "../peers/modern-peers.ts";
import type { PeerSource } from "../peers/peer-source.ts";
import type { Refusal } from "../refusal.ts";

/** What a call takes that has no client. */
export type LoneCallOptions = Omit<CallOptions, "era" | "caller" | "session">;

/** Carries a call out without a client: nobody is asked or told anything meanwhile, and nobody who goes away ends it. */
export function carryOutAlone(peers: ModernPeers, key: PeerKey, options: LoneCallOptions): Promise<Answer | Refusal> {
  return new LoneCall(peers, key, options).outcome;
}

class LoneCall implements CallListener, PeerSource {
  readonly onSaid = undefined;
  readonly onAsked = undefined;
  readonly onPoll = undefined;
  readonly outcome: Promise<Answer | Refusal>;
  readonly onSettled: (outcome: Answer | Refusal) => void;
  readonly #peers: ModernPeers;
  readonly #key: PeerKey;
  #peer: ModernPeer | undefined;

  constructor(peers: ModernPeers, key: PeerKey, options: LoneCallOptions) {
    const { promise, resolve } = Promise.withResolvers<Answer | Refusal>();
    this.outcome = promise;
    this.onSettled = resolve;
    this.#peers = peers;
    this.#key = key;
    new CallInFlight({ ...options, era: "legacy", caller: this, session: undefined }, this).start();
  }

  peerFor(): ModernPeer {
    this.#peer ??= this.#peers.take(this.#key);
    return this.#peer;
  }

  onSlow(): void {}

  onReleased(): void {
    if (this.#peer !== undefined) this.#peers.giveBack(this.#peer, "well");
    this.#peer = undefined;
  }
}
