import type { Socket } from "bun";
import { type Http1Body, ReceivedBody } from "./http1-body.ts";
import { Http1Failure } from "./http1-failure.ts";
import { createHttp1Parser, type Http1Head, type Http1Parser } from "./http1-parser.ts";

export interface Http1Response extends Http1Head {
  readonly body: Http1Body;
}

export interface Http1Origin {
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  /** PEM of a certificate authority to trust, beside those of the system. */
  readonly ca?: string;
}

interface Exchange {
  /** Stops listening for the abort of the request. */
  readonly release: () => void;
  readonly resolve: (response: Http1Response) => void;
  readonly reject: (error: unknown) => void;
  body: ReceivedBody | undefined;
}

/** What a connection tells its pool. */
export interface Http1ConnectionEvents {
  /** The response is whole and another request may follow. */
  onIdle(connection: Http1Connection): void;
  onClosed(connection: Http1Connection): void;
}

/**
 * One connection, one request at a time.
 *
 * States: idle → busy (one exchange) → idle … → closed. Whatever breaks it rejects the exchange it has, with
 * `sent: true`: the request may have arrived.
 */
export class Http1Connection {
  readonly #events: Http1ConnectionEvents;
  readonly #parser: Http1Parser;
  #socket: Socket<undefined> | undefined;
  #exchange: Exchange | undefined;
  #unwritten: Uint8Array | undefined;
  #closed = false;
  /** When it became idle, in ms. */
  idleSince = 0;

  private constructor(events: Http1ConnectionEvents) {
    this.#events = events;
    this.#parser = createHttp1Parser({
      onHead: (head) => this.#onHead(head),
      onData: (bytes) => this.#exchange?.body?.push(bytes),
      onEnd: (reusable) => this.#onEnd(reusable),
    });
  }

  /** Connects; with TLS the certificate must be good for the name. Throws Http1Failure with `sent: false`. */
  static async open(origin: Http1Origin, events: Http1ConnectionEvents): Promise<Http1Connection> {
    const connection = new Http1Connection(events);
    try {
      connection.#socket = await Bun.connect({
        hostname: origin.hostname,
        port: origin.port,
        ...(origin.tls
          ? { tls: { serverName: origin.hostname, rejectUnauthorized: true, ...(origin.ca === undefined ? {} : { ca: origin.ca }) } }
          : {}),
        socket: {
          data: (_, bytes) => connection.#onData(bytes),
          drain: () => connection.#flush(),
          end: () => connection.#onEnded(),
          close: () => connection.#close("the connection was closed"),
          error: (_, error) => connection.#close(error.message),
        },
      });
    } catch (cause) {
      throw new Http1Failure(false, reasonOf(cause), cause);
    }
    if (connection.#closed) throw new Http1Failure(false, "the connection was refused");
    return connection;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends a whole request and resolves with the head of its response. Throws Http1Failure. An abort of the signal
   * closes the connection, until the response is whole.
   */
  send(request: string, signal: AbortSignal | undefined): Promise<Http1Response> {
    return new Promise((resolve, reject) => {
      const abort = () => this.abort();
      signal?.addEventListener("abort", abort);
      this.#exchange = { resolve, reject, body: undefined, release: () => signal?.removeEventListener("abort", abort) };
      const written = this.#socket?.write(request) ?? 0;
      const size = Buffer.byteLength(request);
      if (written < size) this.#unwritten = Buffer.from(request).subarray(Math.max(0, written));
    });
  }

  /** Closes it now; an exchange that is under way fails. */
  abort(): void {
    this.#close("the request was aborted");
  }

  #onData(bytes: Uint8Array): void {
    // Bytes that nobody asked for would be taken for the next answer.
    if (this.#exchange === undefined) this.#close("it spoke out of turn");
    else this.#parse(bytes);
  }

  #parse(bytes: Uint8Array): void {
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      this.#close(reasonOf(thrown));
    }
  }

  #onHead(head: Http1Head): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.body = new ReceivedBody({
      pause: () => this.#socket?.pause(),
      resume: () => this.#socket?.resume(),
      abort: () => this.abort(),
    });
    exchange.resolve({ ...head, body: exchange.body });
  }

  #onEnd(reusable: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.release();
    exchange?.body?.finish();
    if (reusable && this.#unwritten === undefined) this.#events.onIdle(this);
    else this.#close("the connection was not to be kept");
  }

  #onEnded(): void {
    try {
      this.#parser.end();
      this.#close("the connection was closed");
    } catch (thrown) {
      this.#close(reasonOf(thrown));
    }
  }

  #flush(): void {
    const rest = this.#unwritten;
    if (rest === undefined) return;
    const written = this.#socket?.write(rest) ?? 0;
    this.#unwritten = written < rest.byteLength ? rest.subarray(Math.max(0, written)) : undefined;
  }

  #close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket?.terminate();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    const failure = new Http1Failure(true, reason);
    exchange?.release();
    exchange?.reject(failure);
    exchange?.body?.fail(failure);
    this.#events.onClosed(this);
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
