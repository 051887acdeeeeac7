import { AppError } from "../../../core/app-error.ts";
import { LegacyPipes } from "../pipe/legacy-pipes.ts";
import type { OpenPipe } from "../pipe/message-pipe.ts";
import type { PipeLimits } from "../pipe/pipe-limits.ts";
import { upstreamBroken, upstreamUnavailable } from "../upstream-errors.ts";
import { connectionError, type HttpTarget } from "./http-exchange.ts";
import { type HttpConnection, HttpLife, type HttpLifeOptions } from "./http-life.ts";
import { openSession, RefusedHandshake } from "./http-session.ts";
import { type Probed, probeHttp } from "./probe-http.ts";

export interface ConnectHttpOptions extends HttpLifeOptions {
  /** `sse` is the older pair of HTTP and SSE; `auto` is Streamable HTTP, and that where it is refused. */
  readonly transport: HttpTransport;
  /** Opens the older pair. */
  readonly openSse: OpenPipe;
  readonly pipeLimits: PipeLimits;
}

export type HttpTransport = "auto" | "streamable-http" | "sse";

/** A server that says nothing to the probe is taken for a legacy one after this part of the time for connecting. */
const PROBE_PART = 0.5;

/**
 * Finds out which era a server speaks, and shakes hands with a legacy one. One that is modern may speak a legacy revision too,
 * which is found out when it is needed. Throws what `openSession` throws.
 */
export async function connectHttp(target: HttpTarget, signal: AbortSignal, options: ConnectHttpOptions): Promise<HttpConnection> {
  const { era, connectTimeoutMs, transport, openSse } = options;
  if (transport === "sse") return connectPair(target, openSse, signal, options);
  const probed = era === "legacy" ? undefined : await probe(target, signal, connectTimeoutMs * PROBE_PART);
  if (probed?.discovered !== undefined) return new HttpLife(target, probed.discovered, undefined, options);
  if (era === "modern") throw probed?.refused ?? notModern(target.handle, probed);
  const opened = await withinTime(target, signal, connectTimeoutMs, (limited) => openSession(target, limited)).catch(asRefused);
  if (!(opened instanceof AppError)) return new HttpLife(target, opened.initialized, opened.session, options);
  const pair = transport === "auto" ? await connectPair(target, openSse, signal, options).catch(() => undefined) : undefined;
  if (pair === undefined) throw opened;
  return pair;
}

/** A refusal as a value, where the server may speak the older pair of HTTP and SSE; whatever else is thrown is thrown on. */
function asRefused(thrown: unknown): AppError {
  if (thrown instanceof AppError && thrown.cause instanceof RefusedHandshake) return thrown;
  throw thrown;
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
  const none = { session: undefined, modern: undefined, legacySide: undefined, listen: undefined };
  return { ...none, initialized, pipes, closed, fail, close, doubt: () => {} };
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
