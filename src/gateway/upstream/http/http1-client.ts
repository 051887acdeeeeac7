import { Http1Connection, type Http1Origin, type Http1Response } from "./http1-connection.ts";
import { Http1Failure } from "./http1-failure.ts";

export interface Http1Request {
  readonly method: "GET" | "POST" | "DELETE";
  /** Names and values go out as they are: they must hold no line ends. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Closes the connection of this request, until its response is whole. */
  readonly signal?: AbortSignal;
}

export interface Http1ClientOptions {
  readonly url: URL;
  readonly ca?: string;
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

/**
 * HTTP/1.1 to one URL, over connections that are kept.
 *
 * It exists because Bun's fetch hands each request to another thread: 43 against 28 µs of processor time for a
 * proxied call, and its failures do not say whether a request was sent. No redirects, no cookies, no
 * compression, no HTTP/2: a proxy wants none of them.
 */
export class Http1Client {
  readonly #options: Http1ClientOptions;
  readonly #origin: Http1Origin;
  readonly #target: string;
  readonly #idle: Http1Connection[] = [];
  readonly #all = new Set<Http1Connection>();
  readonly #queue: (() => void)[] = [];
  #opening = 0;
  #sweeper: Timer | undefined;

  constructor(options: Http1ClientOptions) {
    const { url, ca } = options;
    const tls = url.protocol === "https:";
    this.#options = options;
    this.#origin = {
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (tls ? 443 : 80),
      tls,
      ...(ca === undefined ? {} : { ca }),
    };
    this.#target = `${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  }

  /** Resolves with the head of the response, its body still coming. Throws Http1Failure. */
  async send(request: Http1Request): Promise<Http1Response> {
    if (request.signal?.aborted) throw new Http1Failure(false, "the request was aborted");
    const connection = this.#takeIdle() ?? (await this.#open(request.signal));
    return connection.send(this.#render(request), request.signal);
  }

  /** Closes all connections; requests that are under way fail. */
  close(): void {
    clearTimeout(this.#sweeper);
    for (const connection of [...this.#all]) connection.abort();
  }

  #render({ method, headers, body }: Http1Request): string {
    let head = `${method} ${this.#target}`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    if (body === undefined) return `${head}\r\n`;
    return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  }

  #takeIdle(): Http1Connection | undefined {
    const oldest = this.#options.monotonicNow() - MAX_IDLE_MS;
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || (!connection.closed && connection.idleSince > oldest)) return connection;
      connection.abort();
    }
  }

  #keep(connection: Http1Connection): void {
    connection.idleSince = this.#options.monotonicNow();
    this.#idle.push(connection);
    this.#sweeper ??= this.#sweepLater();
    this.#queue.shift()?.();
  }

  #sweepLater(): Timer {
    const timer = setTimeout(() => {
      const oldest = this.#options.monotonicNow() - MAX_IDLE_MS;
      // The one used last stands last.
      while (this.#idle[0] !== undefined && this.#idle[0].idleSince <= oldest) this.#idle.shift()?.abort();
      this.#sweeper = this.#idle.length === 0 ? undefined : this.#sweepLater();
    }, MAX_IDLE_MS);
    timer.unref();
    return timer;
  }

  async #open(signal: AbortSignal | undefined): Promise<Http1Connection> {
    while (this.#all.size + this.#opening >= this.#options.maxConnections) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
      if (signal?.aborted) throw new Http1Failure(false, "the request was aborted");
      const idle = this.#takeIdle();
      if (idle !== undefined) return idle;
    }
    this.#opening += 1;
    try {
      const connection = await this.#connectInTime();
      this.#all.add(connection);
      return connection;
    } finally {
      this.#opening -= 1;
    }
  }

  async #connectInTime(): Promise<Http1Connection> {
    const { connectTimeoutMs } = this.#options;
    const opening = Http1Connection.open(this.#origin, {
      onIdle: (connection) => this.#keep(connection),
      onClosed: (connection) => {
        this.#all.delete(connection);
        this.#queue.shift()?.();
      },
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Http1Failure(false, "no connection in time")), connectTimeoutMs);
    });
    try {
      return await Promise.race([opening, late]);
    } catch (thrown) {
      opening.then(
        (connection) => connection.abort(),
        () => {},
      );
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }
}
