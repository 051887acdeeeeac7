import type { Socket, TCPSocketListener } from "bun";
import type { Clock } from "../../core/clock.ts";
import { HttpConnection } from "./http-connection.ts";
import type { HttpHandler, HttpHost, HttpLimits } from "./http-host.ts";

export interface HttpListenerOptions {
  readonly hostname: string;
  /** 0: a free one. */
  readonly port: number;
  /** Other processes may listen on it too: the system shares out the connections. */
  readonly shared: boolean;
  readonly handler: HttpHandler;
  readonly limits?: Partial<HttpLimits>;
  readonly clock: Clock;
  /** The handler threw, which it promises not to. */
  readonly onFailure: (thrown: unknown) => void;
}

export const HTTP_SERVER_LIMITS: HttpLimits = {
  maxHeadBytes: 16 * 1024,
  maxDrainBytes: 8 * 1024 * 1024,
  maxConnections: 16_384,
  headS: 10,
  bodyS: 60,
  stallS: 60,
  idleS: 300,
};

const TICK_MS = 1000;
/** After this long without a byte the system asks whether the client is still there: one may be gone without a word. */
const PROBE_AFTER_MS = 60_000;

/**
 * An HTTP/1.1 server over plain sockets, for one handler.
 *
 * It exists because what `Bun.serve` makes of each request (`Request`, `Headers`, `Response`, a look-up of the address)
 * costs more than reading it; no TLS, no HTTP/2, no upgrades, no compression. Throws what `Bun.listen` throws.
 */
export class HttpListener implements HttpHost {
  readonly limits: HttpLimits;
  handler: HttpHandler;
  seconds = 0;
  date: string;
  stopping = false;
  readonly #connections = new Set<HttpConnection>();
  readonly #listener: TCPSocketListener<HttpConnection | undefined>;
  readonly #clock: Clock;
  readonly #onFailure: (thrown: unknown) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #pending = 0;
  readonly #onEmpty: (() => void)[] = [];

  constructor(options: HttpListenerOptions) {
    const { hostname, port, shared, clock } = options;
    this.limits = { ...HTTP_SERVER_LIMITS, ...options.limits };
    this.handler = options.handler;
    this.#clock = clock;
    this.#onFailure = options.onFailure;
    this.date = clock.now().toUTCString();
    // Known to Bun, and not to its types.
    const sharing: object = { reusePort: shared };
    this.#listener = Bun.listen<HttpConnection | undefined>({ ...sharing, hostname, port, socket: this.#sockets() });
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Requests whose answers have not left yet, streams among them. */
  get pendingRequests(): number {
    return this.#pending;
  }

  /** Takes no new connections and lets go of those without a request. Resolves when all are closed; `force` closes them now. */
  async stop(force: boolean): Promise<void> {
    this.stopping = true;
    this.#listener.stop(false);
    for (const connection of [...this.#connections]) {
      if (force) connection.terminate();
      else connection.stop();
    }
    if (this.#connections.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    clearInterval(this.#timer);
  }

  /** A second has passed. */
  tick(): void {
    this.seconds += 1;
    this.date = this.#clock.now().toUTCString();
    for (const connection of [...this.#connections]) connection.onTick();
  }

  onBegin(): void {
    this.#pending += 1;
  }

  onFinish(): void {
    this.#pending -= 1;
  }

  onFailure(thrown: unknown): void {
    this.#onFailure(thrown);
  }

  #sockets() {
    return {
      open: (socket: Socket<HttpConnection | undefined>) => this.#onOpen(socket),
      data: (socket: Socket<HttpConnection | undefined>, bytes: Buffer) => socket.data?.onData(bytes),
      drain: (socket: Socket<HttpConnection | undefined>) => socket.data?.onDrain(),
      // Who ends his side has gone: no client of MCP sends a request and stops listening on purpose.
      end: (socket: Socket<HttpConnection | undefined>) => {
        socket.end();
      },
      close: (socket: Socket<HttpConnection | undefined>) => socket.data?.onClose(),
      error: (socket: Socket<HttpConnection | undefined>, error: Error) => {
        this.#onFailure(error);
        socket.data?.terminate();
      },
    };
  }

  #onOpen(socket: Socket<HttpConnection | undefined>): void {
    if (this.stopping || this.#connections.size >= this.limits.maxConnections) {
      socket.terminate();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    const connection = new HttpConnection(this, socket, (closed) => this.#onClosed(closed));
    socket.data = connection;
    this.#connections.add(connection);
  }

  #onClosed(connection: HttpConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}
