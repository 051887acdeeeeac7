import { toAppError } from "../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { InitializeResult, UpstreamStatus } from "./upstream.ts";
import { upstreamUnavailable } from "./upstream-errors.ts";

/** One life of a connection: a process, or a session with a URL. */
export interface Connection {
  readonly initialized: InitializeResult;
  /** Resolves with the reason when this life is over. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

export interface KeepConnectedOptions<C extends Connection> {
  readonly handle: string;
  /** Makes a connection that has been initialized. The signal is aborted when the keeper closes. */
  readonly connect: (signal: AbortSignal) => Promise<C>;
  readonly backoff: BackoffPolicy;
  /** A life this long, in ms, starts the back-off anew. */
  readonly stableAfterMs: number;
  readonly onReady: (connection: C) => void;
  readonly onLost: (reason: string) => void;
}

/** Keeps one connection alive, and says what state it is in. */
export interface ConnectionKeeper<C extends Connection> {
  start(): void;
  /**
   * The live connection; waits while one is being made. Throws `unavailable`/`UPSTREAM_UNAVAILABLE` at once from a try that
   * failed until one succeeds: a server that does not come up holds up only who came first.
   */
  current(): Promise<C>;
  /** The live connection where there is one now. */
  peek(): C | undefined;
  status(): UpstreamStatus;
  close(): Promise<void>;
}

/**
 * States: stopped → starting → ready → (lost) starting → … ; a start that fails is `failed` until one succeeds.
 * The first try after a loss is at once, the next ones back off. `close` ends it from any state.
 */
export function keepConnected<C extends Connection>(options: KeepConnectedOptions<C>): ConnectionKeeper<C> {
  return new Keeper(options);
}

interface Failure {
  readonly reason: string;
  readonly cause: string;
}

type State<C> =
  | { readonly kind: "stopped" }
  /** `refused` says why the try before it failed. */
  | { readonly kind: "starting"; readonly promise: Promise<C>; readonly refused: Failure | undefined }
  | { readonly kind: "ready"; readonly connection: C }
  | { readonly kind: "failed"; readonly reason: string; readonly cause: string };

class Keeper<C extends Connection> implements ConnectionKeeper<C> {
  readonly #options: KeepConnectedOptions<C>;
  readonly #closing = new AbortController();
  #state: State<C> = { kind: "stopped" };
  #loop: Promise<void> | undefined;
  /** Why the last try failed; undefined where it succeeded. */
  #refused: Failure | undefined;

  constructor(options: KeepConnectedOptions<C>) {
    this.#options = options;
  }

  start(): void {
    if (this.#loop === undefined && !this.#closing.signal.aborted) this.#loop = this.#run();
  }

  async current(): Promise<C> {
    this.start();
    const state = this.#state;
    if (state.kind === "ready") return state.connection;
    if (state.kind === "starting" && state.refused === undefined) return state.promise;
    throw upstreamUnavailable(this.#options.handle, this.status().reason ?? "it is stopped");
  }

  peek(): C | undefined {
    return this.#state.kind === "ready" ? this.#state.connection : undefined;
  }

  status(): UpstreamStatus {
    const state = this.#state;
    const failure = state.kind === "failed" ? state : state.kind === "starting" ? state.refused : undefined;
    return failure === undefined ? { state: state.kind } : { state: "failed", reason: failure.reason, cause: failure.cause };
  }

  async close(): Promise<void> {
    this.#closing.abort(upstreamUnavailable(this.#options.handle, "it is stopped"));
    const connection = this.peek();
    this.#state = { kind: "stopped" };
    await connection?.close();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let attempt = 0;
    while (!signal.aborted) {
      const connection = await this.#connect();
      const connectedAt = performance.now();
      if (connection !== undefined) {
        this.#options.onReady(connection);
        const reason = await connection.closed;
        if (signal.aborted) break;
        this.#options.onLost(reason);
        if (performance.now() - connectedAt >= this.#options.stableAfterMs) attempt = 0;
        this.#state = { kind: "failed", reason, cause: "UPSTREAM_LOST" };
      }
      await waitOrAbort(backoffMs(this.#options.backoff, attempt, Math.random()), signal);
      attempt += 1;
    }
    this.#state = { kind: "stopped" };
  }

  async #connect(): Promise<C | undefined> {
    const promise = this.#options.connect(this.#closing.signal);
    this.#state = { kind: "starting", promise, refused: this.#refused };
    try {
      const connection = await promise;
      if (this.#closing.signal.aborted) {
        await connection.close();
        return undefined;
      }
      this.#state = { kind: "ready", connection };
      this.#refused = undefined;
      return connection;
    } catch (thrown) {
      const { message, reason: cause } = toAppError(thrown);
      this.#refused = { reason: message, cause };
      this.#state = { kind: "failed", reason: message, cause };
      if (!this.#closing.signal.aborted) this.#options.onLost(message);
      return undefined;
    }
  }
}
