import type { BackoffPolicy } from "../../../core/backoff.ts";
import type { EraPolicy } from "../era-policy.ts";
import { EraWatch } from "../era-watch.ts";
import type { Connection } from "../keep-connected.ts";
import { ModernListen } from "../modern-listen.ts";
import type { LegacyPipes } from "../pipe/legacy-pipes.ts";
import type { InitializeResult } from "../upstream.ts";
import type { HttpSession, HttpTarget } from "./http-exchange.ts";
import { endSession } from "./http-session.ts";
import { LegacySide } from "./legacy-side.ts";
import { ModernHttp } from "./modern-http.ts";
import { probeHttp } from "./probe-http.ts";
import { type Listener, NOBODY } from "./server-message.ts";
import { readSessionStream, streamStart } from "./session-stream.ts";

/** One life of what the gateway has at a URL. Of `session`, `modern` and `pipes` there is one. */
export interface HttpConnection extends Connection {
  /** What the server said to `initialize`, or in place of it. */
  readonly initialized: InitializeResult;
  /** The gateway's own session with a legacy server. */
  readonly session: HttpSession | undefined;
  readonly modern: ModernHttp | undefined;
  /** Of a modern server that may speak a legacy revision too. */
  readonly legacySide: LegacySide | undefined;
  /** The gateway's stream of changes from a modern server. */
  readonly listen: ModernListen | undefined;
  /** To a legacy server that speaks the older pair of HTTP and SSE. */
  readonly pipes: LegacyPipes | undefined;
  /** Ends this life: the server is gone. */
  fail(reason: string): void;
  /** The server said what one of its era does not say. `refused`: it does not take `initialize`. */
  doubt(refused: boolean): void;
}

export interface HttpLifeOptions {
  readonly era: EraPolicy;
  readonly connectTimeoutMs: number;
  readonly reconnect: BackoffPolicy;
  /** How long what a server said of its era holds. */
  readonly eraTtlMs: number;
  /** Resources whose updates are wanted. */
  readonly uris: ReadonlySet<string>;
}

/** A life over Streamable HTTP, of a legacy server where it has a session, else of a modern one. */
export class HttpLife implements HttpConnection {
  readonly initialized: InitializeResult;
  readonly session: HttpSession | undefined;
  readonly modern: ModernHttp | undefined;
  readonly legacySide: LegacySide | undefined;
  readonly listen: ModernListen | undefined;
  readonly pipes = undefined;
  readonly closed: Promise<string>;
  readonly fail: (reason: string) => void;
  readonly #target: HttpTarget;
  readonly #options: HttpLifeOptions;
  readonly #over = new AbortController();
  readonly #watch: EraWatch | undefined;

  constructor(target: HttpTarget, initialized: InitializeResult, session: HttpSession | undefined, options: HttpLifeOptions) {
    this.#target = target;
    this.#options = options;
    this.initialized = initialized;
    this.session = session;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.fail = resolve;
    if (session !== undefined) this.#readStream(session);
    else {
      this.modern = new ModernHttp(target);
      this.listen = this.#listenTo(this.modern);
      if (options.era === "auto") this.legacySide = new LegacySide({ target, connectTimeoutMs: options.connectTimeoutMs, fail: resolve });
    }
    if (options.era === "auto") {
      this.#watch = this.#watchEra(session === undefined);
      void this.#watch.run(this.#over.signal);
    }
    void promise.then(() => this.#end());
  }

  doubt(refused: boolean): void {
    this.#watch?.doubt(refused);
  }

  async close(): Promise<void> {
    this.fail("it is stopped");
    await Promise.all([this.session && endSession(this.#target, this.session), this.legacySide?.close()]);
  }

  #end(): void {
    this.#over.abort();
    this.listen?.close();
    void this.legacySide?.close();
  }

  #readStream(session: HttpSession): void {
    const reading = readSessionStream(this.#target, session, gatewayListener(this.#target), streamStart(), this.#over.signal);
    void reading.then((reason) => reason !== undefined && this.fail(reason));
  }

  #listenTo(channel: ModernHttp): ModernListen {
    const { handle, events } = this.#target;
    const { uris, connectTimeoutMs: acknowledgeTimeoutMs, reconnect: again } = this.#options;
    const { capabilities } = this.initialized;
    const onUnknown = () => void this.#listenInSession();
    return new ModernListen({ handle, channel, capabilities, uris, events, acknowledgeTimeoutMs, again, onUnknown });
  }

  /** A server that knows no stream of changes may still have one in a session. */
  async #listenInSession(): Promise<void> {
    this.#target.onContradiction();
    const face = await this.legacySide?.find();
    if (face !== undefined && !this.#over.signal.aborted) this.#readStream(face.session);
  }

  #watchEra(modern: boolean): EraWatch {
    const { eraTtlMs: ttlMs, connectTimeoutMs } = this.#options;
    return new EraWatch({
      modern,
      probe: async () => (await probeHttp(this.#target, AbortSignal.timeout(connectTimeoutMs))).verdict,
      ttlMs,
      onChanged: () => this.fail("it speaks another era of the protocol than before"),
      monotonicNow: () => performance.now(),
    });
  }
}

/** The gateway has subscribed to resources in its own session, and to nothing else that has words. */
function gatewayListener({ events }: HttpTarget): Listener {
  return { ...NOBODY, onNotification: (text) => tellUpdate(text, events.resourceUpdated) };
}

function tellUpdate(text: string, resourceUpdated: (uri: string) => void): void {
  const { method, params } = JSON.parse(text) as { method?: unknown; params?: { uri?: unknown } };
  if (method === "notifications/resources/updated" && typeof params?.uri === "string") resourceUpdated(params.uri);
}
