import type { InitializeResult } from "../upstream.ts";
import type { HttpSession, HttpTarget } from "./http-exchange.ts";
import { endSession, openSession } from "./http-session.ts";

/** What callers of the legacy era need of a server: a session of the gateway's own, which tells whether it keeps any. */
export interface LegacyFace {
  readonly initialized: InitializeResult;
  readonly session: HttpSession;
  /** The server is gone. */
  fail(reason: string): void;
}

export interface LegacySideOptions {
  readonly target: HttpTarget;
  readonly connectTimeoutMs: number;
  readonly fail: (reason: string) => void;
}

/**
 * The legacy face of a server that was found to be a modern one. Whether it has one is found out when the first legacy client
 * calls: a modern server is not to be greeted with a handshake that nobody needs.
 */
export class LegacySide {
  readonly #options: LegacySideOptions;
  readonly #closing = new AbortController();
  #finding: Promise<LegacyFace | undefined> | undefined;

  constructor(options: LegacySideOptions) {
    this.#options = options;
  }

  /** The face; undefined where the server has none. Asked for once. Never rejects. */
  find(): Promise<LegacyFace | undefined> {
    this.#finding ??= this.#shakeHands();
    return this.#finding;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const face = await this.#finding;
    if (face !== undefined) await endSession(this.#options.target, face.session);
  }

  async #shakeHands(): Promise<LegacyFace | undefined> {
    const { target, connectTimeoutMs, fail } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(connectTimeoutMs)]);
    try {
      // That it refuses is what a modern server does, and no contradiction.
      return { ...(await openSession({ ...target, onContradiction: () => {} }, signal)), fail };
    } catch {
      return undefined;
    }
  }
}
