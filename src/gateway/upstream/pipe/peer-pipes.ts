import { AppError } from "../../../core/app-error.ts";
import type { BackoffPolicy } from "../../../core/backoff.ts";
import { type ConnectionKeeper, keepConnected } from "../keep-connected.ts";
import type { LegacyCall } from "../legacy-call.ts";
import type { Peer } from "../peer.ts";
import { upstreamUnavailable } from "../upstream-errors.ts";
import { countLives } from "./count-lives.ts";
import type { LegacyPipe } from "./legacy-pipe.ts";

export interface PeerPipesOptions {
  readonly handle: string;
  /** Opens the pipe of one client. */
  readonly connect: (peer: Peer, signal: AbortSignal) => Promise<LegacyPipe>;
  readonly restart: BackoffPolicy;
  readonly stableAfterMs: number;
  /** Pipes at the same time, those that are being ended among them. One principal has half of them at most. */
  readonly max: number;
  readonly onLost: (reason: string) => void;
  readonly onRestart: () => void;
}

/**
 * A pipe for each client, opened when it first calls, opened again when it breaks, and ended with the client: a server that
 * offers what one client offers carries that one alone.
 */
export class PeerPipes {
  readonly #options: PeerPipesOptions;
  readonly #open = new Map<Peer, PeerPipe>();
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: PeerPipesOptions) {
    this.#options = options;
  }

  /** Throws `exhausted`/`UPSTREAM_BUSY` where there are too many clients already. */
  async request(peer: Peer, call: LegacyCall): Promise<string> {
    const { keeper } = this.#open.get(peer) ?? this.#add(peer);
    return (keeper.peek() ?? (await keeper.current())).request(call);
  }

  notify(peer: Peer, message: string): void {
    this.#open.get(peer)?.keeper.peek()?.notify(message);
  }

  /** Ends all of them; none is left when it resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [peer, pipe] of this.#open) this.#end(peer, pipe);
    await Promise.all(this.#ending);
  }

  #add(peer: Peer): PeerPipe {
    const { handle, connect, restart: backoff, stableAfterMs, onLost, onRestart } = this.#options;
    if (this.#closed) throw upstreamUnavailable(handle, "it is stopped");
    this.#requireRoom(peer);
    const keeper = keepConnected({
      handle,
      backoff,
      stableAfterMs,
      connect: countLives((signal: AbortSignal) => connect(peer, signal), onRestart),
      onReady: () => {},
      onLost,
    });
    const pipe: PeerPipe = { keeper, release: peer.onClose(() => this.#end(peer, pipe)) };
    this.#open.set(peer, pipe);
    return pipe;
  }

  #requireRoom({ principalId }: Peer): void {
    const { handle, max } = this.#options;
    const own = [...this.#open.keys()].filter((other) => other.principalId === principalId).length;
    const isFull = this.#open.size + this.#ending.size >= max;
    if (!isFull && own < Math.ceil(max / 2)) return;
    const whose = isFull ? "" : " of this caller";
    const many = isFull ? max : own;
    throw new AppError(
      "exhausted",
      "UPSTREAM_BUSY",
      `Server ${handle} runs for ${many} sessions${whose} already, each with a process of its own`,
    );
  }

  #end(peer: Peer, { keeper, release }: PeerPipe): void {
    release();
    this.#open.delete(peer);
    const ending = keeper.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

interface PeerPipe {
  readonly keeper: ConnectionKeeper<LegacyPipe>;
  readonly release: () => void;
}
