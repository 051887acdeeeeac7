import { AppError } from "../../../core/app-error.ts";
import type { BackoffPolicy } from "../../../core/backoff.ts";
import type { EraPolicy } from "../era-policy.ts";
import { EraWatch } from "../era-watch.ts";
import type { Connection } from "../keep-connected.ts";
import { ModernListen } from "../modern-listen.ts";
import { LegacyPipes } from "../pipe/legacy-pipes.ts";
import type { OpenPipe } from "../pipe/message-pipe.ts";
import type { PipeLimits } from "../pipe/pipe-limits.ts";
import type { InitializeResult } from "../upstream.ts";
import { upstreamBroken, upstreamUnavailable } from "../upstream-errors.ts";
import { connectionError, type HttpSession, type HttpTarget } from "./http-exchange.ts";
import { endSession, openSession, RefusedHandshake } from "./http-session.ts";
import { ModernHttp } from "./modern-http.ts";
import { type Probed, probeHttp } from "./probe-http.ts";
import { type Listener, NOBODY } from "./server-message.ts";
import { readSessionStream, streamStart } from "./session-stream.ts";

/**
 * One life of what the gateway has at a URL: a session of its own where the server speaks a legacy revision, and the modern
 * face where it speaks that. A server that speaks both is spoken to in the era of each call.
 */
export interface HttpConnection extends Connection {
  /** What the server said to `initialize`, or in place of it. */
  readonly initialized: InitializeResult;
  readonly session: HttpSession | undefined;
  readonly modern: ModernHttp | undefined;
  /** The gateway's stream of changes from a modern server. */
  readonly listen: ModernListen | undefined;
  /** What is there in place of both, where the server speaks the older pair of HTTP and SSE. */
  readonly pipes: LegacyPipes | undefined;
  /** Ends this life: the server is gone. */
  fail(reason: string): void;
  /** The server said what one of its era does not say. `refused`: it does not take `initialize`. */
  doubt(refused: boolean): void;
}

/** The same where the server speaks a legacy revision. */
export type LegacyHttpConnection = HttpConnection & { readonly session: HttpSession };

export interface ConnectHttpOptions {
  readonly era: EraPolicy;
  readonly connectTimeoutMs: number;
  readonly reconnect: BackoffPolicy;
  /** How long what a server said of its era holds. */
  readonly eraTtlMs: number;
  /** Resources whose updates are wanted. */
  readonly uris: ReadonlySet<string>;
  /** `sse` is the older pair of HTTP and SSE; `auto` is Streamable HTTP, and that where it is refused. */
  readonly transport: HttpTransport;
  /** Opens the older pair; undefined where that cannot be. */
  readonly openSse: OpenPipe | undefined;
  readonly pipeLimits: PipeLimits;
}

export type HttpTransport = "auto" | "streamable-http" | "sse";

/** A server that says nothing to the probe is taken for a legacy one after this part of the time for connecting. */
const PROBE_PART = 0.5;

/** Finds out which eras a server speaks, and shakes hands in each. Throws what `openSession` throws where it speaks none. */
export async function connectHttp(target: HttpTarget, signal: AbortSignal, options: ConnectHttpOptions): Promise<HttpConnection> {
  const { era, connectTimeoutMs, transport, openSse } = options;
  if (transport === "sse") return connectPair(target, requireSse(target.handle, openSse), signal, options);
  const probed = era === "legacy" ? undefined : await probe(target, signal, connectTimeoutMs * PROBE_PART);
  const modern = probed?.discovered;
  if (era === "modern" && modern === undefined) throw notModern(target.handle, probed);
  const legacy = era === "modern" ? undefined : await shakeHands(target, signal, connectTimeoutMs, modern !== undefined).catch(asRefused);
  if (legacy instanceof AppError) {
    const pair =
      transport === "auto" && openSse !== undefined
        ? await connectPair(target, openSse, signal, options).catch(() => undefined)
        : undefined;
    if (pair !== undefined) return pair;
    throw legacy;
  }
  const initialized = legacy?.initialized ?? modern;
  if (initialized === undefined) throw notModern(target.handle, probed);
  return new HttpLife(target, initialized, legacy?.session, modern, options);
}

/** A refusal as a value, where the server may speak the older pair of HTTP and SSE; whatever else is thrown is thrown on. */
function asRefused(thrown: unknown): AppError {
  if (thrown instanceof AppError && thrown.cause instanceof RefusedHandshake) return thrown;
  throw thrown;
}

function requireSse(handle: string, openSse: OpenPipe | undefined): OpenPipe {
  if (openSse !== undefined) return openSse;
  throw upstreamUnavailable(handle, "this gateway does not speak the older pair of HTTP and SSE");
}

/** The older pair of HTTP and SSE: one for the gateway, and one for each client, as each is a session. */
async function connectPair(target: HttpTarget, open: OpenPipe, signal: AbortSignal, options: ConnectHttpOptions): Promise<HttpConnection> {
  const pipes = await LegacyPipes.connect({ handle: target.handle, open, events: target.events, limits: options.pipeLimits }, signal);
  const { promise: closed, resolve: fail } = Promise.withResolvers<string>();
  void pipes.main.closed.then(fail);
  const close = async () => {
    fail("it is stopped");
    await pipes.close();
  };
  // Clients' own pipes go with the gateway's: the next life may be another transport.
  void closed.then(() => pipes.close());
  const { initialized } = pipes.main;
  return { initialized, session: undefined, modern: undefined, listen: undefined, pipes, closed, fail, close, doubt: () => {} };
}

/** The handshake of a legacy server; one that is known to be modern need not take part in it. */
async function shakeHands(target: HttpTarget, signal: AbortSignal, ms: number, optional: boolean) {
  try {
    return await withinTime(target, signal, ms, (limited) => openSession(target, limited));
  } catch (thrown) {
    if (!optional || signal.aborted) throw thrown;
    return undefined;
  }
}

function notModern(handle: string, probed: Probed | undefined): AppError {
  const { verdict, status } = probed ?? {};
  if (verdict === "other") return upstreamBroken(handle, "it speaks revisions of the protocol that this gateway does not");
  if (status === undefined) return upstreamUnavailable(handle, "it did not answer server/discover");
  return upstreamBroken(handle, `it does not speak the revision 2026-07-28 (HTTP ${status} to server/discover)`);
}

function probe(target: HttpTarget, signal: AbortSignal, ms: number): Promise<Probed> {
  return probeHttp(target, AbortSignal.any([signal, AbortSignal.timeout(ms)]));
}

class HttpLife implements HttpConnection {
  readonly initialized: InitializeResult;
  readonly session: HttpSession | undefined;
  readonly modern: ModernHttp | undefined;
  readonly listen: ModernListen | undefined;
  readonly pipes = undefined;
  readonly closed: Promise<string>;
  readonly fail: (reason: string) => void;
  readonly #target: HttpTarget;
  readonly #watch: EraWatch | undefined;

  constructor(
    target: HttpTarget,
    initialized: InitializeResult,
    session: HttpSession | undefined,
    discovered: InitializeResult | undefined,
    options: ConnectHttpOptions,
  ) {
    this.#target = target;
    this.initialized = initialized;
    this.session = session;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.fail = resolve;
    const over = new AbortController();
    if (discovered !== undefined) {
      this.modern = new ModernHttp(target);
      // A server that knows no such stream may still have one in its session.
      const onUnknown = () => {
        target.onContradiction();
        if (session !== undefined) this.#readStream(session, over.signal);
      };
      this.listen = listenTo(target, this.modern, discovered, options, onUnknown);
    } else if (session !== undefined) this.#readStream(session, over.signal);
    if (options.era === "auto") {
      this.#watch = this.#watchEra(options);
      void this.#watch.run(over.signal);
    }
    void promise.then(() => {
      over.abort();
      this.listen?.close();
    });
  }

  doubt(refused: boolean): void {
    this.#watch?.doubt(refused);
  }

  async close(): Promise<void> {
    this.fail("it is stopped");
    if (this.session !== undefined) await endSession(this.#target, this.session);
  }

  #readStream(session: HttpSession, signal: AbortSignal): void {
    const reading = readSessionStream(this.#target, session, gatewayListener(this.#target), streamStart(), signal);
    void reading.then((reason) => reason !== undefined && this.fail(reason));
  }

  #watchEra({ eraTtlMs, connectTimeoutMs }: ConnectHttpOptions): EraWatch {
    return new EraWatch({
      modern: this.modern !== undefined,
      probe: async () => (await probeHttp(this.#target, AbortSignal.timeout(connectTimeoutMs))).verdict,
      ttlMs: eraTtlMs,
      onChanged: () => this.fail("it speaks another era of the protocol than before"),
      monotonicNow: () => performance.now(),
    });
  }
}

function listenTo(
  target: HttpTarget,
  modern: ModernHttp,
  { capabilities }: InitializeResult,
  options: ConnectHttpOptions,
  onUnknown: () => void,
): ModernListen {
  return new ModernListen({
    handle: target.handle,
    channel: modern,
    capabilities,
    uris: options.uris,
    events: target.events,
    acknowledgeTimeoutMs: options.connectTimeoutMs,
    again: options.reconnect,
    onUnknown,
  });
}

/** The gateway has subscribed to resources in its own session, and to nothing else that has words. */
function gatewayListener({ events }: HttpTarget): Listener {
  return { ...NOBODY, onNotification: (text) => tellUpdate(text, events.resourceUpdated) };
}

function tellUpdate(text: string, resourceUpdated: (uri: string) => void): void {
  const { method, params } = JSON.parse(text) as { method?: unknown; params?: { uri?: unknown } };
  if (method === "notifications/resources/updated" && typeof params?.uri === "string") resourceUpdated(params.uri);
}

async function withinTime<T>(target: HttpTarget, signal: AbortSignal, ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const late = upstreamUnavailable(target.handle, `it did not answer initialize within ${Math.round(ms / 1000)} s`);
  const timer = setTimeout(() => limit.abort(), ms);
  try {
    return await run(AbortSignal.any([signal, limit.signal]));
  } catch (thrown) {
    throw limit.signal.aborted ? late : connectionError(target.handle, thrown);
  } finally {
    clearTimeout(timer);
  }
}
