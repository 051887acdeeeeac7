import { isIP } from "node:net";
import type { Socket, SocketHandler } from "bun";
import type { CancelSignal } from "../../../core/cancel-signal.ts";
import { type Http1Body, type Http1BodySource, ReceivedBody, WholeBody } from "./http1-body.ts";
import { Http1Failure } from "./http1-failure.ts";
import { createHttp1Parser, type Http1Head, type Http1Parser } from "./http1-parser.ts";
import { keepAliveMs } from "./keep-alive-ms.ts";

export interface Http1Response extends Http1Head {
  readonly body: Http1Body;
}

export interface Http1Origin {
  /** The name or address in the URL; a certificate must be good for it. */
  readonly hostname: string;
  /** Where connections go: the first that takes one. Throws with the reason where none may. */
  readonly addresses: () => Promise<readonly string[]>;
  readonly port: number;
  readonly tls: boolean;
  /** PEM of the certificate authorities to trust, instead of those of the system. */
  readonly ca?: string;
}

interface Exchange {
  readonly signal: CancelSignal | undefined;
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

/** After this long without a byte the system asks whether the other side is still there. */
const PROBE_AFTER_MS = 30_000;

/**
 * One connection, one request at a time.
 *
 * States: connecting → ready, without or with one exchange … → closed. Whatever breaks it rejects the exchange it has.
 */
export class Http1Connection {
  readonly #events: Http1ConnectionEvents;
  readonly #parser: Http1Parser;
  readonly #onAbort = () => this.abort();
  readonly #bodySource: Http1BodySource = {
    pause: () => this.#socket?.pause(),
    resume: () => this.#socket?.resume(),
    abort: () => this.abort(),
  };
  readonly #opened = Promise.withResolvers<void>();
  #socket: Socket<undefined> | undefined;
  #exchange: Exchange | undefined;
  /** The rest of a request; what of it went out at all is `#sent`. */
  #unwritten: Uint8Array | undefined;
  #sent = false;
  #closed = false;
  #used = false;
  #keepAliveMs = Number.POSITIVE_INFINITY;
  /** Until when it may be used again, on the pool's clock, in ms. */
  idleUntil = 0;

  private constructor(events: Http1ConnectionEvents) {
    this.#events = events;
    this.#parser = createHttp1Parser({
      onHead: (head) => this.#onHead(head),
      onWhole: (head, bytes, from, to) => this.#onWhole(head, bytes, from, to),
      onData: (bytes) => this.#exchange?.body?.push(bytes),
      onEnd: (reusable) => this.#onEnd(reusable),
    });
  }

  /** Begins to connect. With TLS the certificate must be good for the name before anything is sent. */
  static open(origin: Http1Origin, events: Http1ConnectionEvents): Http1Connection {
    const connection = new Http1Connection(events);
    void connection.#connect(origin);
    return connection;
  }

  /** Resolves when requests can be sent. Rejects with Http1Failure, `sent: false`. */
  get ready(): Promise<void> {
    return this.#opened.promise;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** It has carried a request before: it may have been closed by the other side since. */
  get used(): boolean {
    return this.#used;
  }

  /** How long the server leaves it open when it is idle, in ms. */
  get keepAliveMs(): number {
    return this.#keepAliveMs;
  }

  /**
   * Sends a whole request and resolves with the head of its response. Rejects with Http1Failure. An abort of the signal
   * closes the connection, until the response is whole. Undefined: it is closed, and nothing was sent.
   */
  send(request: string, signal: CancelSignal | undefined): Promise<Http1Response> | undefined {
    const written = this.#closed ? -1 : (this.#socket?.write(request) ?? -1);
    if (written < 0 || this.#closed) {
      this.#close("the connection was closed");
      return undefined;
    }
    this.#used = true;
    this.#sent = written > 0;
    if (written < Buffer.byteLength(request)) this.#unwritten = Buffer.from(request).subarray(written);
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", this.#onAbort);
      this.#exchange = { resolve, reject, body: undefined, signal };
    });
  }

  /** Closes it now; an exchange that is under way fails. */
  abort(reason = "the request was aborted"): void {
    this.#close(reason);
  }

  async #connect(origin: Http1Origin): Promise<void> {
    try {
      await this.#dial(origin, await origin.addresses());
    } catch (cause) {
      this.#close(reasonOf(cause), cause);
    }
  }

  /** One address after the other: until one takes the connection nothing was sent to any. */
  async #dial(origin: Http1Origin, addresses: readonly string[]): Promise<void> {
    for (const [index, address] of addresses.entries()) {
      if (this.#closed) return;
      try {
        await this.#dialOne(origin, address);
        return;
      } catch (cause) {
        if (index === addresses.length - 1) throw cause;
      }
    }
  }

  async #dialOne({ hostname, port, tls, ca }: Http1Origin, address: string): Promise<void> {
    // An address is no server name (RFC 6066 3); the certificate is checked against it all the same. A name is what the
    // certificate must be good for, whichever of its addresses was dialled.
    const serverName = isIP(hostname) === 0 ? hostname : "";
    const secure = { tls: { serverName, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } };
    await Bun.connect<undefined>({ hostname: address, port, ...(tls ? secure : {}), socket: this.#handler(tls) });
  }

  #handler(tls: boolean): SocketHandler<undefined> {
    return {
      open: (socket) => this.#onOpen(socket, tls),
      // With TLS `open` only says that the other side listens.
      ...(tls ? { handshake: (socket, good, error) => this.#onHandshake(socket, good, error) } : {}),
      data: (_, bytes) => this.#onData(bytes),
      drain: () => this.#flush(),
      end: () => this.#onEnded(),
      close: () => this.#close("the connection was closed"),
      error: (_, error) => this.#close(error.message, error),
    };
  }

  #onOpen(socket: Socket<undefined>, tls: boolean): void {
    if (this.#closed) {
      // It was given up while it was connecting.
      socket.terminate();
      return;
    }
    this.#socket = socket;
    // A server that is gone without a word would leave a stream waiting for ever.
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    if (!tls) this.#opened.resolve();
  }

  #onHandshake(socket: Socket<undefined>, good: boolean, error: Error | null): void {
    if (good && error === null && socket.authorized) this.#opened.resolve();
    else this.#close(error?.message ?? "its certificate is not trusted", error ?? undefined);
  }

  #onData(bytes: Buffer): void {
    // Bytes that nobody has asked for yet would be taken for the next answer.
    if (this.#exchange === undefined || !this.#sent) this.#close("it spoke out of turn");
    else this.#parse(bytes);
  }

  #parse(bytes: Buffer): void {
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      this.#close(reasonOf(thrown), thrown);
    }
  }

  #onHead(head: Http1Head): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#keepAliveMs = keepAliveMs(head.headers.get("keep-alive"));
    const length = head.headers.get("content-length");
    exchange.body = new ReceivedBody(this.#bodySource, length === undefined ? undefined : Number(length));
    exchange.resolve({ status: head.status, headers: head.headers, body: exchange.body });
  }

  #onWhole({ status, headers }: Http1Head, bytes: Buffer, from: number, to: number): void {
    this.#keepAliveMs = keepAliveMs(headers.get("keep-alive"));
    this.#exchange?.resolve({ status, headers, body: new WholeBody(bytes, from, to) });
  }

  #onEnd(reusable: boolean): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    exchange.signal?.removeEventListener("abort", this.#onAbort);
    exchange.body?.finish();
    // An answer to half a request leaves the other half on the way.
    if (reusable && this.#unwritten === undefined && this.#keepAliveMs > 0) this.#events.onIdle(this);
    else this.#close("the connection was not to be kept");
  }

  #onEnded(): void {
    try {
      this.#parser.end();
      this.#close("the connection was closed");
    } catch (thrown) {
      this.#close(reasonOf(thrown), thrown);
    }
  }

  #flush(): void {
    const rest = this.#unwritten;
    if (rest === undefined) return;
    const written = this.#socket?.write(rest) ?? -1;
    if (written > 0) this.#sent = true;
    if (written < 0) this.#close("the connection was closed");
    else this.#unwritten = written < rest.byteLength ? rest.subarray(written) : undefined;
  }

  #close(reason: string, cause?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwritten = undefined;
    this.#socket?.terminate();
    this.#opened.reject(new Http1Failure(false, reason, cause));
    const exchange = this.#exchange;
    this.#exchange = undefined;
    const failure = new Http1Failure(this.#sent, reason, cause);
    exchange?.signal?.removeEventListener("abort", this.#onAbort);
    exchange?.reject(failure);
    exchange?.body?.fail(failure);
    this.#events.onClosed(this);
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
