import { type AddressAllowance, literalAddress } from "../../../core/address-guard.ts";
import { AppError } from "../../../core/app-error.ts";
import type { BackoffPolicy } from "../../../core/backoff.ts";
import { hideSecrets } from "../../server-log/hide-secrets.ts";
import { LegacyToModern } from "../bridge/legacy-to-modern.ts";
import { modernToLegacy } from "../bridge/modern-to-legacy.ts";
import type { EraPolicy } from "../era-policy.ts";
import { keepConnected } from "../keep-connected.ts";
import { legacySubscriber } from "../legacy-subscriber.ts";
import type { PipeLimits } from "../pipe/pipe-limits.ts";
import { READ_BUDGET, ReadBudget } from "../read-budget.ts";
import type { Shown } from "../refusal-said.ts";
import { Subscriptions } from "../subscriptions.ts";
import type { Upstream, UpstreamAnswer, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { abortError, upstreamBroken } from "../upstream-errors.ts";
import { guardedAddresses, type LookUp } from "./guarded-addresses.ts";
import { connectHttp, type HttpTransport } from "./http-connection.ts";
import type { HttpTarget } from "./http-exchange.ts";
import type { HttpConnection } from "./http-life.ts";
import { Http1Client, hostnameOf } from "./http1-client.ts";
import type { LegacyFace, LegacySide } from "./legacy-side.ts";
import type { ModernHttp } from "./modern-http.ts";
import { exchange } from "./session-exchange.ts";
import { SessionTable } from "./session-table.ts";
import { openSse } from "./sse-pipe.ts";
import type { OpenSse, SsePlace } from "./sse-place.ts";

export interface HttpUpstreamOptions {
  readonly handle: string;
  readonly url: string;
  /** Go with every request to this URL, and nowhere else: redirects are not followed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of the certificate authorities to trust, instead of those of the system. */
  readonly ca?: string;
  /** Ranges that the address may lie in although they are not public. */
  readonly allowAddresses?: readonly string[];
  /** Whether the URL may name this machine, by an address or as `localhost`. */
  readonly allowLoopback: boolean;
  /** Finds the addresses of a name; the system's resolver where it is not given. */
  readonly lookUp?: LookUp;
  /** What a refusal in JSON means that is no JSON-RPC, from a server whose refusals are known. */
  readonly refusalOf?: (status: number, text: string) => AppError | undefined;
  /** The eras in which it is spoken to; `auto` asks it, and is the default. */
  readonly era?: EraPolicy | undefined;
  /** `sse` is the older pair of HTTP and SSE; `auto`, the default, is Streamable HTTP, and that where it is refused. */
  readonly transport?: HttpTransport | undefined;
  /** How the older pair is opened. */
  readonly openSse?: OpenSse | undefined;
  readonly events: UpstreamEvents;
  readonly onLost: (reason: string) => void;
  readonly limits: HttpLimits;
}

export interface HttpLimits {
  readonly connectTimeoutMs: number;
  readonly maxEventBytes: number;
  readonly reconnect: BackoffPolicy;
  readonly stableAfterMs: number;
  /** How long what a server said of its era holds. */
  readonly eraTtlMs: number;
  /** Connections to the server at the same time; calls beyond them wait. */
  readonly maxConnections: number;
  /** What it may say beside its answers. */
  readonly readBudget: { readonly bytesPerSecond: number; readonly burstBytes: number };
}

export const HTTP_LIMITS: HttpLimits = {
  connectTimeoutMs: 10_000,
  maxEventBytes: 64 * 1024 * 1024,
  reconnect: { firstMs: 500, maxMs: 30_000 },
  stableAfterMs: 30_000,
  eraTtlMs: 600_000,
  maxConnections: 2048,
  readBudget: READ_BUDGET,
};

/**
 * A server at a URL (Streamable HTTP). Where it keeps sessions, each client session gets one of its own.
 *
 * Throws `invalid`/`UPSTREAM_HEADER_RESERVED` for a header that the protocol needs, `internal`/`HTTP_HEADER_INVALID` for
 * one that cannot be sent.
 */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const { handle, events, limits, refusalOf } = options;
  const client = clientAt(options, new URL(options.url));
  const target: HttpTarget = {
    handle,
    shown: shownOf(options),
    client,
    events,
    maxEventBytes: limits.maxEventBytes,
    budget: new ReadBudget({ ...limits.readBudget, monotonicNow: () => performance.now() }),
    refusalOf,
    answering: { now: 0 },
    onContradiction: (refused) => keeper.peek()?.doubt(refused === "initialize"),
    streams: { now: 0, max: Math.ceil(limits.maxConnections / 2) },
  };
  const sessions = new SessionTable(target, limits.connectTimeoutMs);
  const bridge = new LegacyToModern();
  const keeper = keepConnected({
    handle,
    backoff: limits.reconnect,
    stableAfterMs: limits.stableAfterMs,
    connect: (signal) => connectHttp(target, signal, connecting()),
    onReady(connection) {
      // While it was away its lists may have changed without a word.
      events.listChanged();
      subscriptions.restore(subscriberOf(connection));
    },
    onLost: options.onLost,
  });
  const requestOver = (connection: HttpConnection, call: UpstreamCall): Promise<UpstreamAnswer> =>
    carry(target, sessions, bridge, connection, call).catch((thrown: unknown) => {
      if (call.signal.aborted) throw abortError(call.signal);
      // One call that is lost says nothing of the others; one that could not be sent says that the server is away.
      if (thrown instanceof AppError && thrown.reason === "UPSTREAM_UNAVAILABLE") connection.fail(thrown.message);
      throw thrown;
    });
  const request = (call: UpstreamCall): Promise<UpstreamAnswer> => {
    const connection = keeper.peek();
    return connection === undefined ? keeper.current().then((later) => requestOver(later, call)) : requestOver(connection, call);
  };
  const openPair = (options.openSse ?? openSse)(ssePlace(options, target.budget));
  const connecting = () => {
    const { era = "auto", transport = "auto" } = options;
    return { ...limits, era, transport, uris: subscriptions.uris, openSse: openPair, pipeLimits: pipeLimits(limits) };
  };
  const ready = async () => (await keeper.current()).initialized;
  const subscriberOf = ({ listen, initialized }: HttpConnection) => listen ?? legacySubscriber(initialized, request);
  const subscriptions = new Subscriptions({
    handle,
    subscriber: async () => subscriberOf(await keeper.current()),
    onUpdated: events.resourceUpdated,
  });
  return {
    start: () => keeper.start(),
    ready,
    request,
    notify(peer, message) {
      const pipes = keeper.peek()?.pipes;
      if (pipes === undefined) sessions.notify(peer, message);
      else pipes.notify(peer, message);
    },
    subscribe: (uri) => subscriptions.add(uri),
    unsubscribe: (uri) => subscriptions.remove(uri),
    keepsPeers: () => keepsPeers(keeper.peek()),
    speaksModern: () => keeper.peek()?.modern !== undefined,
    status: () => keeper.status(),
    async close() {
      await Promise.all([sessions.close(), keeper.close()]);
      client.close();
    },
  };
}

/** In the era of the call where the server speaks it, else over the bridge to the other one. Never throws at once. */
function carry(
  target: HttpTarget,
  sessions: SessionTable,
  bridge: LegacyToModern,
  connection: HttpConnection,
  call: UpstreamCall,
): Promise<UpstreamAnswer> {
  const { modern, pipes, initialized } = connection;
  if (isLegacy(connection)) {
    if (call.era === "legacy") return exchange(target, sessions, connection, call);
    return modernToLegacy(call, initialized, (legacy) => exchange(target, sessions, connection, legacy));
  }
  if (pipes !== undefined) {
    return call.era === "legacy" ? pipes.request(call) : modernToLegacy(call, initialized, (legacy) => pipes.request(legacy));
  }
  if (modern === undefined) return Promise.reject(upstreamBroken(target.handle, "it speaks no era of the protocol"));
  if (call.era === "modern") return bridge.pass(call, (asked) => modern.request(asked));
  return carryLegacy(target, sessions, bridge, modern, connection.legacySide, call);
}

/** A legacy call at a modern server: in a session of its caller's where the server has such, else over the bridge. */
async function carryLegacy(
  target: HttpTarget,
  sessions: SessionTable,
  bridge: LegacyToModern,
  modern: ModernHttp,
  side: LegacySide | undefined,
  call: UpstreamCall,
): Promise<UpstreamAnswer> {
  const face = call.peer === undefined ? undefined : await side?.find();
  return face === undefined ? bridge.request(call, (asked) => modern.request(asked)) : exchange(target, sessions, face, call);
}

function isLegacy(connection: HttpConnection): connection is HttpConnection & LegacyFace {
  return connection.session !== undefined;
}

/** A modern server hears with each request whose it is. */
function keepsPeers(connection: HttpConnection | undefined): boolean {
  if (connection === undefined) return false;
  return connection.modern !== undefined || connection.pipes !== undefined || connection.session?.id !== undefined;
}

/** Calls in flight over one pair of HTTP and SSE, which share its stream. */
const MAX_IN_PAIR = 1024;

function pipeLimits(limits: HttpLimits): PipeLimits {
  const { connectTimeoutMs, reconnect, stableAfterMs, maxConnections } = limits;
  // Each pair holds a connection for its stream: half of them are left to messages.
  const maxPeers = Math.ceil(maxConnections / 2);
  const timeouts = { initializeTimeoutMs: connectTimeoutMs, probeTimeoutMs: connectTimeoutMs };
  return { ...timeouts, maxInFlight: MAX_IN_PAIR, restart: reconnect, stableAfterMs, maxPeers };
}

function ssePlace(options: HttpUpstreamOptions, budget: ReadBudget): SsePlace {
  const { handle, limits } = options;
  const url = new URL(options.url);
  const clientFor = (other: URL) => {
    // Credentials and the guard are for this origin alone.
    if (other.origin !== url.origin) throw upstreamBroken(handle, "its endpoint is at another origin");
    return clientAt(options, other);
  };
  return { handle, url, shown: shownOf(options), maxEventBytes: limits.maxEventBytes, budget, clientFor };
}

/** A header may hold a credential behind the name of its scheme. */
function shownOf({ headers = {} }: HttpUpstreamOptions): Shown {
  const values = Object.values(headers);
  return hideSecrets([...values, ...values.flatMap((value) => value.split(/\s+/).filter(({ length }) => length >= 8))], MAX_SHOWN);
}

/** Of a text of the server's, in characters. */
const MAX_SHOWN = 1000;

function clientAt(options: HttpUpstreamOptions, url: URL): Http1Client {
  const { handle, headers, limits, lookUp } = options;
  return new Http1Client({
    url,
    addresses: guardedAddresses(hostnameOf(url), allowanceOf(options, hostnameOf(url)), lookUp),
    headers: requireOwnHeaders(handle, headers ?? {}),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    connectTimeoutMs: limits.connectTimeoutMs,
    maxConnections: limits.maxConnections,
    monotonicNow: () => performance.now(),
  });
}

/**
 * A URL that names this machine was judged as such when it was registered, and takes an administrator. A name that only
 * leads here was not: whoever may register a URL may have made it.
 */
function allowanceOf({ allowAddresses, allowLoopback }: HttpUpstreamOptions, hostname: string): AddressAllowance {
  return { allow: allowAddresses ?? [], allowLoopback: allowLoopback && literalAddress(hostname) !== undefined };
}

/** Said twice, two readers could read a request differently. */
const PROTOCOL_HEADERS = new Set([
  ...["accept", "content-type", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"],
  ...["traceparent", "tracestate"],
]);

function requireOwnHeaders(handle: string, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const reserved = Object.keys(headers).find((name) => PROTOCOL_HEADERS.has(name.toLowerCase()));
  if (reserved === undefined) return headers;
  throw new AppError("invalid", "UPSTREAM_HEADER_RESERVED", `Server ${handle} cannot have the header ${reserved}: the protocol uses it`);
}
