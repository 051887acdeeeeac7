import { LegacyToModern } from "../bridge/legacy-to-modern.ts";
import { modernToLegacy } from "../bridge/modern-to-legacy.ts";
import { type ConnectionKeeper, keepConnected } from "../keep-connected.ts";
import type { LegacyCall } from "../legacy-call.ts";
import type { Peer } from "../peer.ts";
import { Subscriptions } from "../subscriptions.ts";
import type { Upstream, UpstreamAnswer, UpstreamCall, UpstreamStatus } from "../upstream.ts";
import { upstreamBroken } from "../upstream-errors.ts";
import { type ConnectMainOptions, connectMain, type MainPipe } from "./connect-main.ts";
import { countLives } from "./count-lives.ts";
import { connectLegacyPipe, type LegacyPipe } from "./legacy-pipe.ts";
import { ModernSide } from "./modern-side.ts";
import { PeerPipes } from "./peer-pipes.ts";

/** One pipe for all clients, which cannot be asked anything then; or one for each, which carries that one alone. */
export type Sharing = "shared" | "per_session";

export interface PipeUpstreamOptions extends Omit<ConnectMainOptions, "uris"> {
  readonly sharing: Sharing;
  readonly onLost: (reason: string) => void;
  /** A pipe that broke is opened again. */
  readonly onRestart: () => void;
  /** All of them are closed for good. */
  readonly onClosed: () => void;
}

/** A server at the other end of a pipe, opened anew when it breaks. */
export class PipeUpstream implements Upstream {
  readonly #handle: string;
  readonly #onClosed: () => void;
  readonly #main: ConnectionKeeper<MainPipe>;
  readonly #peers: PeerPipes | undefined;
  readonly #modernSide: ModernSide;
  readonly #subscriptions: Subscriptions;
  readonly #bridge = new LegacyToModern();

  constructor(options: PipeUpstreamOptions) {
    const { handle, open, events, limits, onLost, onRestart } = options;
    this.#handle = handle;
    this.#onClosed = options.onClosed;
    this.#subscriptions = new Subscriptions({
      handle,
      subscriber: async () => (await this.#main.current()).subscriber,
      onUpdated: events.resourceUpdated,
    });
    const connecting = { ...options, uris: this.#subscriptions.uris };
    this.#main = keepConnected({
      handle,
      backoff: limits.restart,
      stableAfterMs: limits.stableAfterMs,
      connect: countLives((signal: AbortSignal) => connectMain(connecting, signal), onRestart),
      onReady: ({ subscriber }) => {
        // While it was away its lists may have changed without a word.
        events.listChanged();
        this.#subscriptions.restore(subscriber);
      },
      onLost,
    });
    const connect = (peer: Peer, signal: AbortSignal) => connectLegacyPipe({ handle, open, events, ...limits, peer }, signal);
    this.#peers =
      options.sharing === "shared" ? undefined : new PeerPipes({ handle, connect, ...limits, max: limits.maxPeers, onLost, onRestart });
    this.#modernSide = new ModernSide({ ...connecting, onLost, onRestart });
  }

  start(): void {
    this.#main.start();
  }

  async ready() {
    return (await this.#main.current()).initialized;
  }

  async request(call: UpstreamCall): Promise<UpstreamAnswer> {
    const main = this.#main.peek() ?? (await this.#main.current());
    const { legacy, modern, initialized } = main;
    if (modern !== undefined) {
      const ask = (asked: UpstreamCall) => modern.request(asked);
      return call.era === "modern" ? this.#bridge.pass(call, ask) : this.#bridge.request(call, ask);
    }
    if (legacy === undefined) throw upstreamBroken(this.#handle, "it speaks no era of the protocol");
    if (call.era === "legacy") return this.#askLegacy(legacy, call);
    const side = this.#modernSide.wanted();
    return side === undefined ? modernToLegacy(call, initialized, (asked) => this.#askLegacy(legacy, asked)) : side.request(call);
  }

  #askLegacy(main: LegacyPipe, call: LegacyCall): Promise<string> {
    const peers = this.#peers;
    return peers === undefined || call.peer === undefined ? main.request(call) : peers.request(call.peer, call);
  }

  notify(peer: Peer, message: string): void {
    this.#peers?.notify(peer, message);
  }

  subscribe(uri: string): Promise<string | undefined> {
    return this.#subscriptions.add(uri);
  }

  unsubscribe(uri: string): void {
    this.#subscriptions.remove(uri);
  }

  /** A modern server hears with each request whose it is. */
  keepsPeers(): boolean {
    return this.#peers !== undefined || this.#main.peek()?.modern !== undefined;
  }

  speaksModern(): boolean {
    return this.#main.peek()?.modern !== undefined || this.#modernSide.stands;
  }

  status(): UpstreamStatus {
    return this.#main.status();
  }

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#modernSide.close(), this.#peers?.close()]);
    this.#onClosed();
  }
}
