import type { AddressAllowance } from "../../../core/address-guard.ts";
import { AppError } from "../../../core/app-error.ts";
import type { BackoffPolicy } from "../../../core/backoff.ts";
import { answerFor, cancelText, hopParams, progressFor, requestText } from "../hop.ts";
import { keepConnected } from "../keep-connected.ts";
import type { Peer } from "../peer.ts";
import type { Upstream, UpstreamAnswer, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { abortError, NO_SUBSCRIPTIONS } from "../upstream-errors.ts";
import { guardedAddresses, type LookUp } from "./guarded-addresses.ts";
import { connectHttp, endSession, type HttpConnection, openSession } from "./http-connection.ts";
import { connectionError, type HttpSession, type HttpTarget, plainAnswer, postAndForget, readReply } from "./http-exchange.ts";
import { Http1Client, hostnameOf } from "./http1-client.ts";

export interface HttpUpstreamOptions {
  readonly handle: string;
  readonly url: string;
  /** Go with every request to this URL, and nowhere else: redirects are not followed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ranges that the address may lie in although they are not public. */
  readonly allowAddresses?: readonly string[];
  /** Whether the address may be one of this machine. */
  readonly allowLoopback: boolean;
  /** Finds the addresses of a name; the system's resolver where it is not given. */
  readonly lookUp?: LookUp;
  /** What a refusal in JSON means that is no JSON-RPC, from a server whose refusals are known. */
  readonly refusalOf?: (status: number, text: string) => AppError | undefined;
  readonly events: UpstreamEvents;
  readonly onLost: (reason: string) => void;
  readonly limits: HttpLimits;
}

export interface HttpLimits {
  readonly connectTimeoutMs: number;
  readonly maxEventBytes: number;
  readonly reconnect: BackoffPolicy;
  readonly stableAfterMs: number;
  /** Connections to the server at the same time; calls beyond them wait. */
  readonly maxConnections: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connectTimeoutMs: 10_000,
  maxEventBytes: 64 * 1024 * 1024,
  reconnect: { firstMs: 500, maxMs: 30_000 },
  stableAfterMs: 30_000,
  maxConnections: 2048,
};

/**
 * A server at a URL (Streamable HTTP). Where it keeps sessions, each client session gets one of its own.
 *
 * Throws `invalid`/`UPSTREAM_HEADER_RESERVED` for a header that the protocol needs, `internal`/`HTTP_HEADER_INVALID` for
 * one that cannot be sent.
 */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const { handle, events, limits, refusalOf } = options;
  const { connectTimeoutMs, maxConnections } = limits;
  const url = new URL(options.url);
  const client = new Http1Client({
    url,
    addresses: guardedAddresses(hostnameOf(url), allowanceOf(options), options.lookUp),
    headers: requireOwnHeaders(handle, options.headers ?? {}),
    connectTimeoutMs,
    maxConnections,
    monotonicNow: () => performance.now(),
  });
  const target: HttpTarget = { handle, client, events, maxEventBytes: limits.maxEventBytes, refusalOf, answering: { now: 0 } };
  const keeper = keepConnected({
    handle: options.handle,
    backoff: options.limits.reconnect,
    stableAfterMs: options.limits.stableAfterMs,
    connect: (signal) => connectHttp(target, signal, options.limits.connectTimeoutMs),
    // While it was away its lists may have changed without a word.
    onReady: () => options.events.listChanged(),
    onLost: options.onLost,
  });
  const sessions = new SessionTable(target, connectTimeoutMs);

  return {
    start: () => keeper.start(),
    ready: async () => (await keeper.current()).initialized,
    notify: () => {},
    subscribe: async () => NO_SUBSCRIPTIONS,
    unsubscribe: () => {},
    keepsPeers: () => keeper.peek()?.session.id !== undefined,
    status: () => keeper.status(),
    async close() {
      await keeper.close();
      client.close();
    },
    async request(call) {
      const connection = keeper.peek() ?? (await keeper.current());
      try {
        return await exchange(target, sessions, connection, call);
      } catch (thrown) {
        if (call.signal.aborted) throw abortError(call.signal);
        // One call that is lost says nothing of the others; one that could not be sent says that the server is away.
        if (thrown instanceof AppError && thrown.reason === "UPSTREAM_UNAVAILABLE") connection.fail(thrown.message);
        throw thrown;
      }
    },
  };
}

function allowanceOf({ allowAddresses, allowLoopback }: HttpUpstreamOptions): AddressAllowance {
  return { allow: allowAddresses ?? [], allowLoopback };
}

/** Said twice, two readers could read a request differently. */
const PROTOCOL_HEADERS = new Set(["accept", "content-type", "mcp-session-id", "mcp-protocol-version"]);

function requireOwnHeaders(handle: string, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const reserved = Object.keys(headers).find((name) => PROTOCOL_HEADERS.has(name.toLowerCase()));
  if (reserved === undefined) return headers;
  throw new AppError("invalid", "UPSTREAM_HEADER_RESERVED", `Server ${handle} cannot have the header ${reserved}: the protocol uses it`);
}

/** Asks, and once more with a new session where the server no longer knows the old one: a 404 means that nothing has run. */
async function exchange(
  target: HttpTarget,
  sessions: SessionTable,
  connection: HttpConnection,
  call: UpstreamCall,
): Promise<UpstreamAnswer> {
  const known = sessions.get(connection, call.peer);
  const session = known instanceof Promise ? await known : known;
  const answer = await ask(target, sessions, session, call);
  if (answer !== SESSION_UNKNOWN) return answer;
  if (call.peer === undefined) {
    connection.fail("its session is over");
    throw new AppError("unavailable", "UPSTREAM_UNAVAILABLE", `Server ${target.handle} has ended its session`);
  }
  const again = await ask(target, sessions, await sessions.renewFrom(session, connection, call.peer), call);
  if (again !== SESSION_UNKNOWN) return again;
  throw new AppError("unavailable", "UPSTREAM_UNAVAILABLE", `Server ${target.handle} does not know the session it has just given`);
}

const SESSION_UNKNOWN = Symbol("session unknown");

function ask(
  target: HttpTarget,
  sessions: SessionTable,
  session: HttpSession,
  call: UpstreamCall,
): Promise<UpstreamAnswer | typeof SESSION_UNKNOWN> {
  // In a session of its own a caller's ids are its own; without one all callers are one to the server.
  return session.id === undefined ? askShared(target, session, call, sessions.nextSharedId()) : askAlone(target, session, call);
}

async function askShared(
  target: HttpTarget,
  session: HttpSession,
  call: UpstreamCall,
  id: number,
): Promise<UpstreamAnswer | typeof SESSION_UNKNOWN> {
  const { paramsText } = call;
  const answer = await askAlone(target, session, {
    ...call,
    whole: true,
    idText: String(id),
    paramsText: paramsText === undefined ? undefined : hopParams(paramsText, id),
    onNotification: call.onNotification && ((notice) => passNotice(call, id, notice)),
  });
  if (answer === SESSION_UNKNOWN) return answer;
  return typeof answer === "string" ? (answerFor(call, answer) ?? answer) : answer;
}

/** A server that takes all callers for one may mix them up: progress passes under this call's own token, or not at all. */
function passNotice(call: UpstreamCall, id: number, notice: string): void {
  const { method, params } = JSON.parse(notice) as { method?: unknown; params?: { progressToken?: unknown } };
  const isProgress = method === "notifications/progress";
  const own = params?.progressToken === id ? progressFor(call, notice) : undefined;
  const passed = isProgress ? own : notice;
  if (passed !== undefined) call.onNotification?.(passed);
}

async function askAlone(
  target: HttpTarget,
  session: HttpSession,
  call: UpstreamCall & { readonly whole?: true },
): Promise<UpstreamAnswer | typeof SESSION_UNKNOWN> {
  try {
    const { idText, method, paramsText, signal } = call;
    const body = requestText(idText, method, paramsText);
    const response = await target.client.send({ method: "POST", headers: session.postHeaders, body, signal });
    const plain = plainAnswer(response, idText);
    if (plain !== undefined) return plain;
    if (response.status !== 404 || session.id === undefined) return await readReply(target, session, response, call);
    response.body.drop();
    return SESSION_UNKNOWN;
  } catch (thrown) {
    if (call.signal.aborted) void postAndForget(target, session, cancelText(call.idText));
    throw connectionError(target.handle, thrown);
  }
}

/** Which session of the server stands for which client session. Nothing is held for one that is gone. */
class SessionTable {
  readonly #target: HttpTarget;
  readonly #timeoutMs: number;
  #lastSharedId = 0;
  readonly #open = new WeakMap<Peer, { readonly connection: HttpConnection; readonly session: Promise<HttpSession> | HttpSession }>();

  constructor(target: HttpTarget, timeoutMs: number) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** An id for a request to a server that tells no callers apart. */
  nextSharedId(): number {
    this.#lastSharedId += 1;
    return this.#lastSharedId;
  }

  get(connection: HttpConnection, owner: Peer | undefined): Promise<HttpSession> | HttpSession {
    // A server that gave the gateway no session keeps none for anybody.
    if (owner === undefined || connection.session.id === undefined) return connection.session;
    const entry = this.#open.get(owner);
    if (entry?.connection === connection) return entry.session;
    this.#letGo(entry?.session);
    return this.renew(connection, owner);
  }

  /** In place of `stale`, which the server no longer knows: calls that found that out together share one new session. */
  renewFrom(stale: HttpSession, connection: HttpConnection, owner: Peer): Promise<HttpSession> | HttpSession {
    const entry = this.#open.get(owner);
    return entry === undefined || entry.session === stale ? this.renew(connection, owner) : entry.session;
  }

  renew(connection: HttpConnection, owner: Peer): Promise<HttpSession> {
    const first = !this.#open.has(owner);
    const opening = openSession(this.#target, AbortSignal.timeout(this.#timeoutMs)).then(({ session }) => session);
    this.#open.set(owner, { connection, session: opening });
    const isLatest = () => this.#open.get(owner)?.session === opening;
    opening.then(
      (session) => isLatest() && this.#open.set(owner, { connection, session }),
      () => isLatest() && this.#open.delete(owner),
    );
    if (first) owner.onClose(() => this.#end(owner));
    return opening;
  }

  #end(owner: Peer): void {
    const entry = this.#open.get(owner);
    this.#open.delete(owner);
    this.#letGo(entry?.session);
  }

  #letGo(opened: Promise<HttpSession> | HttpSession | undefined): void {
    Promise.resolve(opened).then(
      (session) => session && endSession(this.#target, session),
      () => {},
    );
  }
}
