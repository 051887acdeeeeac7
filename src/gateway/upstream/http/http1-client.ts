import { AppError } from "../../../core/app-error.ts";
import type { CancelSignal } from "../../../core/cancel-signal.ts";
import { Http1Connection, type Http1ConnectionEvents, type Http1Origin, type Http1Response } from "./http1-connection.ts";
import { Http1Failure } from "./http1-failure.ts";

export interface Http1Request {
  readonly method: "GET" | "POST" | "DELETE";
  /** They are checked once for each object: one that stays the same from call to call costs nothing. Never changed after. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request in any state; it closes the connection of one that was sent, until its response is whole. */
  readonly signal?: CancelSignal;
}

export interface Http1ClientOptions {
  readonly url: URL;
  /** Where connections to its host go. Throws with the reason where none may. */
  readonly addresses: () => Promise<readonly string[]>;
  /** Sent with every request, beside the request's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of the certificate authorities to trust, instead of those of the system. */
  readonly ca?: string;
  /** For the connection and, with https, its handshake. */
  readonly connectTimeoutMs: number;
  /** Connections at the same time; a request beyond them waits. */
  readonly maxConnections: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
}

/**
 * An idle connection is not used after this long: Node's servers close one after 5 s, and a request
 * that crosses the close could not be told from one that ran.
 */
const MAX_IDLE_MS = 4000;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** What this client says itself; said twice, two readers could read a request differently. */
const OWN_HEADERS = new Set(["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer"]);

/** A request that waits for a connection. */
type Waiter = (connection: Http1Connection | Http1Failure) => void;

/**
 * HTTP/1.1 to one URL, over connections that are kept.
 *
 * It exists because Bun's fetch hands each request to another thread: 43 against 28 µs of processor time for a
 * proxied call, and its failures do not say whether a request was sent. No redirects, no cookies, no
 * compression, no HTTP/2: a proxy wants none of them.
 *
 * While a request waits there is no idle connection and no room for another: whatever becomes free goes to the one
 * that has waited longest.
 */
export class Http1Client {
  readonly #options: Http1ClientOptions;
  readonly #origin: Http1Origin;
  readonly #target: string;
  readonly #events: Http1ConnectionEvents;
  /** The one used last stands last. */
  #idle: Http1Connection[] = [];
  /** All that are not closed, those that connect among them. */
  readonly #all = new Set<Http1Connection>();
  readonly #waiting = new Set<Waiter>();
  readonly #rendered = new WeakMap<Readonly<Record<string, string>>, string>();
  #sweeper: Timer | undefined;
  #closed = false;

  constructor(options: Http1ClientOptions) {
    const { url, ca, addresses, headers } = options;
    const tls = url.protocol === "https:";
    this.#options = options;
    this.#origin = {
      hostname: hostnameOf(url),
      addresses,
      port: Number(url.port) || (tls ? 443 : 80),
      tls,
      ...(ca === undefined ? {} : { ca }),
    };
    this.#target = `${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${headerLines(headers ?? {})}`;
    this.#events = { onIdle: (connection) => this.#onIdle(connection), onClosed: (connection) => this.#onClosed(connection) };
  }

  /**
   * Resolves with the head of the response, its body still coming. Throws Http1Failure, and `internal`/`HTTP_HEADER_INVALID`
   * for headers that would make another request of it, as the constructor does.
   */
  send(request: Http1Request): Promise<Http1Response> {
    const { signal } = request;
    let text: string;
    try {
      text = this.#render(request);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    // What nearly every call finds: a connection that is ready. One promise less on each call.
    const idle = signal?.aborted || this.#closed ? undefined : this.#takeIdle();
    return idle?.send(text, signal) ?? this.#send(request, text);
  }

  async #send(request: Http1Request, text: string): Promise<Http1Response> {
    const { signal } = request;
    if (signal?.aborted) throw aborted();
    for (;;) {
      if (this.#closed) throw new Http1Failure(false, "the client is closed");
      const connection = this.#takeIdle() ?? (await this.#connection(signal));
      // The wait ends a moment before this goes on, and a signal says nothing to who listens late.
      if (signal?.aborted) {
        connection.abort();
        throw aborted();
      }
      const fresh = !connection.used;
      const sending = connection.send(text, signal);
      if (sending !== undefined) return sending;
      if (fresh) throw new Http1Failure(false, "the connection was closed");
      // The server closed it while it was idle: nothing was sent, so another one is as good.
    }
  }

  /** Closes all connections; requests that are under way fail, and so do later ones. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweeper);
    for (const waiter of [...this.#waiting]) waiter(new Http1Failure(false, "the client is closed"));
    for (const connection of [...this.#all]) connection.abort("the client is closed");
  }

  #render({ method, headers, body }: Http1Request): string {
    const head = `${method} ${this.#target}${this.#rendered.get(headers) ?? this.#renderHeaders(headers)}`;
    return body === undefined ? `${head}\r\n` : `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  }

  #renderHeaders(headers: Readonly<Record<string, string>>): string {
    const text = headerLines(headers);
    this.#rendered.set(headers, text);
    return text;
  }

  #takeIdle(): Http1Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!connection.closed && this.#options.monotonicNow() < connection.idleUntil) return connection;
      connection.abort("it was idle for too long");
    }
    return undefined;
  }

  /** A connection that is ready: a new one, or after a wait whichever becomes free. */
  async #connection(signal: CancelSignal | undefined): Promise<Http1Connection> {
    const connection = this.#hasRoom() ? this.#open() : await this.#turn(signal);
    const abort = () => connection.abort();
    signal?.addEventListener("abort", abort);
    try {
      if (signal?.aborted) abort();
      await connection.ready;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    return connection;
  }

  #turn(signal: CancelSignal | undefined): Promise<Http1Connection> {
    return new Promise((resolve, reject) => {
      const abort = () => settle(aborted());
      const settle: Waiter = (outcome) => {
        this.#waiting.delete(settle);
        signal?.removeEventListener("abort", abort);
        if (outcome instanceof Http1Connection) resolve(outcome);
        else reject(outcome);
      };
      this.#waiting.add(settle);
      signal?.addEventListener("abort", abort);
    });
  }

  #hasRoom(): boolean {
    return this.#all.size < this.#options.maxConnections;
  }

  #open(): Http1Connection {
    const connection = Http1Connection.open(this.#origin, this.#events);
    if (!connection.closed) this.#all.add(connection);
    const timer = setTimeout(() => connection.abort("no connection in time"), this.#options.connectTimeoutMs);
    const done = () => clearTimeout(timer);
    connection.ready.then(done, done);
    return connection;
  }

  #onIdle(connection: Http1Connection): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#keep(connection);
    else next(connection);
  }

  #keep(connection: Http1Connection): void {
    connection.idleUntil = this.#options.monotonicNow() + Math.min(MAX_IDLE_MS, connection.keepAliveMs);
    this.#idle.push(connection);
    this.#sweeper ??= this.#sweepLater();
  }

  #onClosed(connection: Http1Connection): void {
    this.#all.delete(connection);
    const [next] = this.#waiting;
    if (next !== undefined && this.#hasRoom()) next(this.#open());
  }

  #sweepLater(): Timer {
    const timer = setTimeout(() => this.#sweep(), MAX_IDLE_MS);
    timer.unref();
    return timer;
  }

  #sweep(): void {
    const now = this.#options.monotonicNow();
    const idle = this.#idle;
    this.#idle = idle.filter((connection) => !connection.closed && now < connection.idleUntil);
    for (const connection of idle) if (now >= connection.idleUntil) connection.abort("it was idle for too long");
    this.#sweeper = this.#idle.length === 0 ? undefined : this.#sweepLater();
  }
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  let text = "";
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.has(name.toLowerCase()) || !HEADER_VALUE.test(value)) {
      throw new AppError("internal", "HTTP_HEADER_INVALID", `The header ${JSON.stringify(name)} cannot be sent`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

function aborted(): Http1Failure {
  return new Http1Failure(false, "the request was aborted");
}
