import type { ServerHost } from "../server-host.ts";
import type { Peer } from "../upstream/peer.ts";
import type { Question, QuestionReply } from "../upstream/upstream.ts";

export interface ModernPeerOptions {
  readonly principalId: string;
  readonly clientInfo: Peer["clientInfo"];
  readonly capabilities: Peer["capabilities"];
}

/** A modern client as servers with sessions see it: what they keep for it lives as long as this, not as its requests. */
export class ModernPeer implements Peer {
  readonly principalId: string;
  readonly clientInfo: Peer["clientInfo"];
  readonly capabilities: Peer["capabilities"];
  readonly listens = false;
  readonly #releases = new Set<() => void>();
  /** Asks the client of the call that it carries, where it carries one alone. */
  ask: ((question: Question, host: ServerHost) => Promise<QuestionReply>) | undefined;

  constructor({ principalId, clientInfo, capabilities }: ModernPeerOptions) {
    this.principalId = principalId;
    this.clientInfo = clientInfo;
    this.capabilities = capabilities;
    this.ask = undefined;
  }

  /** It never does: streams of modern clients belong to requests. */
  onListening(): () => void {
    return () => {};
  }

  onClose(release: () => void): () => void {
    this.#releases.add(release);
    return () => this.#releases.delete(release);
  }

  close(): void {
    for (const release of [...this.#releases].toReversed()) release();
    this.#releases.clear();
  }
}
