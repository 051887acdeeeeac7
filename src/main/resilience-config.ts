import { z } from "zod";
import { GATEWAY_SETTINGS, type GatewaySettings } from "../gateway/gateway.ts";
import { BREAKER_SETTINGS } from "../gateway/resilience/breaker.ts";

const DAY_SECONDS = 86_400;

const whole = (least: number, most: number) => z.int().min(least).max(most);
const seconds = (least: number, most = DAY_SECONDS) => z.number().min(least).max(most);

/** A table of which every key may be left out. */
function table<S extends z.ZodRawShape>(shape: S) {
  const schema = z.strictObject(shape);
  return schema.default(schema.parse({}) as never);
}

/** The tables of the configuration file that say how the failures of servers are kept from callers and from each other. */
export const resilienceTables = {
  timeouts: table({
    /** How long a server may say nothing during a call. */
    idle_seconds: seconds(1).default(300),
    /** How long a call may take in all. */
    total_seconds: seconds(1).default(3600),
  }),
  bulkhead: table({
    /** Calls of clients in flight at one server. */
    concurrency: whole(1, 65_536).default(256),
  }),
  breaker: table({
    enabled: z.boolean().default(true),
    /** Failures in a row after which calls are refused. */
    failures: whole(1, 1000).default(5),
    /** Or that many percent of the calls within a window, of at least so many. */
    failure_percent: whole(1, 100).default(50),
    min_calls: whole(1, 100_000).default(20),
    window_seconds: seconds(1, 3600).default(30),
    /** How long they are refused at first, and at most. */
    open_seconds: seconds(0.1, 3600).default(1),
    max_open_seconds: seconds(0.1, 3600).default(30),
  }),
  retries: table({
    /** Tries after the first one; 0 turns them off. */
    tries: whole(0, 5).default(2),
    /** How many of 100 calls may be tried again. */
    budget_percent: whole(0, 100).default(10),
  }),
  catalog: table({
    /** How long lists serve before they are read again. */
    positive_ttl_seconds: seconds(1).default(60),
    /** How long a reading that failed is not repeated. */
    negative_ttl_seconds: seconds(1).default(5),
    read_timeout_seconds: seconds(1, 600).default(15),
    /** Text of all lists of one server that is kept. */
    max_kib: whole(64, 65_536).default(8192),
  }),
  probe: table({
    /** How long a server may go without a call that succeeds until it is asked; 0 turns probes off. */
    interval_seconds: seconds(0)
      .refine((value) => value === 0 || value >= 1, "must be 0 or from 1 to 86400")
      .default(30),
    timeout_seconds: seconds(0.1, 600).default(10),
    /** Probes that fail in a row until calls are refused. */
    failures: whole(1, 100).default(3),
  }),
};

const schema = z.object(resilienceTables);

export type ResilienceConfig = z.infer<typeof schema>;

export const DEFAULT_RESILIENCE: ResilienceConfig = schema.parse({});

/** The gateway's settings by these tables. */
export function resilienceOf(config: ResilienceConfig): Pick<GatewaySettings, "callTimeoutMs" | "resilience"> {
  const { timeouts, bulkhead, breaker, retries, catalog, probe } = config;
  const { resilience } = GATEWAY_SETTINGS;
  return {
    callTimeoutMs: ms(timeouts.total_seconds),
    resilience: {
      ...resilience,
      idleMs: ms(timeouts.idle_seconds),
      concurrency: bulkhead.concurrency,
      breaker: breaker.enabled ? breakerOf(breaker) : undefined,
      retries: { ...resilience.retries, tries: retries.tries, budgetPercent: retries.budget_percent },
      catalog: {
        ...resilience.catalog,
        positiveTtlMs: ms(catalog.positive_ttl_seconds),
        negativeTtlMs: ms(catalog.negative_ttl_seconds),
        readTimeoutMs: ms(catalog.read_timeout_seconds),
        maxChars: catalog.max_kib * 1024,
      },
      probe: {
        ...resilience.probe,
        intervalMs: probe.interval_seconds === 0 ? undefined : ms(probe.interval_seconds),
        timeoutMs: ms(probe.timeout_seconds),
        failures: probe.failures,
      },
    },
  };
}

function breakerOf(breaker: ResilienceConfig["breaker"]) {
  return {
    ...BREAKER_SETTINGS,
    failures: breaker.failures,
    failurePercent: breaker.failure_percent,
    minCalls: breaker.min_calls,
    windowMs: ms(breaker.window_seconds),
    openMs: ms(breaker.open_seconds),
    maxOpenMs: ms(breaker.max_open_seconds),
  };
}

function ms(inSeconds: number): number {
  return Math.round(inSeconds * 1000);
}
