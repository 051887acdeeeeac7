import { RedisClient } from "bun";
import { RateLimiterRedis, type RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "../../../core/app-error.ts";
import { WINDOW_MS } from "../call-limit.ts";
import { type CallLimiter, PASS, type RateVerdict } from "../call-limiter.ts";

export interface RedisCallLimiterOptions {
  /** Of a Redis or Valkey that all who count together share: `redis://…` or `rediss://…`. */
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  readonly windowMs?: number;
}

const PREFIX = "mcpctl:rate";
/** A store that is away is not tried again before. */
const RECONNECT_MS = 1000;
/** Limits are few: each number of calls has a limiter, and all of them count the same keys. */
const MAX_LIMITERS = 256;

/**
 * Counts in a Redis or Valkey, together with others. While it is not connected it rejects at once and tries to connect
 * anew in the background, since Bun's own client gives up after some tries.
 */
export class RedisCallLimiter implements CallLimiter {
  readonly #options: RedisCallLimiterOptions;
  readonly #limiters = new Map<number, RateLimiterRedis>();
  #client: RedisClient | undefined;
  #connecting: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: RedisCallLimiterOptions) {
    this.#options = options;
  }

  /** Resolves when it is connected or could not be; never rejects. */
  connect(): Promise<void> {
    this.#connecting ??= this.#tryToConnect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async take(key: string, perMinute: number): Promise<RateVerdict> {
    this.#requireConnection();
    try {
      await this.#limiterOf(perMinute).consume(key);
      return PASS;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      return { allowed: false, retryAfterS: Math.max(1, Math.ceil(thrown.msBeforeNext / 1000)) };
    }
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
    this.#client = undefined;
  }

  #requireConnection(): void {
    if (this.#client !== undefined) return;
    if (this.#options.monotonicNow() - this.#triedAt >= RECONNECT_MS) void this.connect();
    throw new AppError("unavailable", "LIMITER_STORE_AWAY", "The store of rate limits cannot be reached");
  }

  async #tryToConnect(): Promise<void> {
    if (this.#closed || this.#client !== undefined) return;
    this.#triedAt = this.#options.monotonicNow();
    const { url, connectTimeoutMs: connectionTimeout } = this.#options;
    const client = new RedisClient(url, { connectionTimeout, autoReconnect: false, enableOfflineQueue: false });
    client.onclose = () => {
      if (this.#client === client) this.#client = undefined;
    };
    try {
      await client.connect();
      if (this.#closed) client.close();
      else this.#client = client;
    } catch {
      client.close();
    }
  }

  #limiterOf(points: number): RateLimiterRedis {
    const known = this.#limiters.get(points);
    if (known !== undefined) return known;
    const duration = (this.#options.windowMs ?? WINDOW_MS) / 1000;
    // The face of the client of npm's `redis` that the limiter uses, over Bun's.
    const storeClient = { eval: (script: string, given: EvalOptions) => this.#evaluate(script, given) };
    const limiter = new RateLimiterRedis({
      storeClient,
      useRedisPackage: true,
      keyPrefix: PREFIX,
      points,
      duration,
      inMemoryBlockOnConsumed: points,
    });
    if (this.#limiters.size >= MAX_LIMITERS) this.#limiters.clear();
    this.#limiters.set(points, limiter);
    return limiter;
  }

  #evaluate(script: string, { keys, arguments: given }: EvalOptions): Promise<unknown> {
    this.#requireConnection();
    return this.#client?.send("EVAL", [script, String(keys.length), ...keys, ...given]) ?? Promise.resolve(undefined);
  }
}

interface EvalOptions {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}

function isRefusal(thrown: unknown): thrown is RateLimiterRes {
  return typeof (thrown as { msBeforeNext?: unknown } | null)?.msBeforeNext === "number";
}
