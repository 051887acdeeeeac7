import type { Answer } from "../answer.ts";
import { CallInFlight, type CallListener, type CallOptions } from "../call/call-in-flight.ts";
import type { ModernPeer } from "../peers/modern-peer.ts";
import type { ModernPeers, PeerKey } from "../peers/modern-peers.ts";
import type { PeerSource } from "../peers/peer-source.ts";
import type { Refusal } from "../refusal.ts";

/** What a call takes that has no client. */
export interface LoneCallOptions extends Omit<CallOptions, "era" | "caller" | "session"> {
  /** Hears of what the server says before it answers. */
  readonly onSaid?: ((message: string) => void) | undefined;
}

/** Carries a call out without a client: nobody is asked anything meanwhile, and nobody who goes away ends it. */
export function carryOutAlone(peers: ModernPeers, key: PeerKey, options: LoneCallOptions): Promise<Answer | Refusal> {
  return beginAlone(peers, key, options).outcome;
}

/** The same, for whoever wants to end it or to know how sure its outcome is. */
export function beginAlone(peers: ModernPeers, key: PeerKey, options: LoneCallOptions): LoneCall {
  return new LoneCall(peers, key, options);
}

export class LoneCall implements CallListener, PeerSource {
  readonly onSaid: CallListener["onSaid"];
  readonly onAsked = undefined;
  readonly onPoll = undefined;
  /** Never rejects. */
  readonly outcome: Promise<Answer | Refusal>;
  readonly onSettled: (outcome: Answer | Refusal) => void;
  readonly #peers: ModernPeers;
  readonly #key: PeerKey;
  readonly #call: CallInFlight;
  #peer: ModernPeer | undefined;

  constructor(peers: ModernPeers, key: PeerKey, { onSaid, ...options }: LoneCallOptions) {
    const { promise, resolve } = Promise.withResolvers<Answer | Refusal>();
    this.outcome = promise;
    this.onSettled = resolve;
    this.onSaid = onSaid;
    this.#peers = peers;
    this.#key = key;
    this.#call = new CallInFlight({ ...options, era: "legacy", caller: this, session: undefined }, this);
    this.#call.start();
  }

  /** Its server has not said how it ended: it may have carried the call out. */
  get isInDoubt(): boolean {
    return this.#call.hasFailed;
  }

  abort(): void {
    this.#call.abort();
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
