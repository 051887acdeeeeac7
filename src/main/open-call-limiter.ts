import type { Logger } from "pino";
import type { GatewayMetrics } from "../gateway/metrics/gateway-metrics.ts";
import type { CallLimiter } from "../gateway/rate/call-limiter.ts";
import { decidedLimiter } from "../gateway/rate/decided-limiter.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { Releases } from "./releases.ts";

export interface OpenCallLimiterDeps {
  readonly metrics: Pick<GatewayMetrics, "limiterFailed">;
  readonly log: Logger;
  readonly releases: Releases;
}

/** Calls wait for it, so it is short: on one machine a decision takes a tenth of a millisecond. */
const DECISION_MS = 200;
const CONNECT_MS = 2000;
/** A store that is away fails every call, and is not worth as many lines. */
const LOG_AGAIN_MS = 60_000;

/** The limiter over the configured store; undefined where calls are counted in this process. A store that is away keeps nobody from starting. */
export async function openCallLimiter(config: GatewayConfig["rate_limit"], deps: OpenCallLimiterDeps): Promise<CallLimiter | undefined> {
  const { store, on_store_failure: onStoreFailure } = config;
  if (store === "memory") return undefined;
  // Only who uses the store pays for loading what speaks to it.
  const { RedisCallLimiter } = await import("../gateway/rate/redis/redis-call-limiter.ts");
  const monotonicNow = () => performance.now();
  const limiter = new RedisCallLimiter({ url: store, connectTimeoutMs: CONNECT_MS, monotonicNow });
  deps.releases.add(() => limiter.close());
  await limiter.connect();
  let loggedAt = Number.NEGATIVE_INFINITY;
  const onLimiterUnavailable = (error: unknown) => {
    deps.metrics.limiterFailed("calls");
    if (monotonicNow() - loggedAt < LOG_AGAIN_MS) return;
    loggedAt = monotonicNow();
    deps.log.warn({ err: error, onStoreFailure }, "calls cannot be counted: the store of rate limits does not answer");
  };
  return decidedLimiter({ limiter, timeoutMs: DECISION_MS, onStoreFailure, onLimiterUnavailable });
}
