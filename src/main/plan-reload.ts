import { isDeepStrictEqual } from "node:util";
import type { LiveSettings } from "../gateway/gateway.ts";
import type { Config } from "./config-file.ts";
import { gatewaySettingsOf } from "./gateway-config.ts";
import { resilienceOf } from "./resilience-config.ts";

/** Tables and keys of the file that hold at once; whatever else is in it holds from the next start on. */
export const AT_ONCE: readonly string[] = [
  "security.allow_servers",
  "security.deny_tools",
  "rate_limit.per_minute",
  "rate_limit.methods",
  "limits",
  "stream",
  "queue.lease_seconds",
  "queue.max_result_bytes",
  "dispatch.auto_after_seconds",
  "auth.scope_map",
  "drain",
  "timeouts",
  "bulkhead",
  "breaker",
  "retries",
  "catalog",
  "probe",
];

export interface ReloadPlan {
  /** What holds from now on: the new file, but for what takes a restart. */
  readonly config: Config;
  /** The gateway's part of it; undefined where nothing of it changes. */
  readonly apply: LiveSettings | undefined;
  /** Keys that hold from now on, as `rate_limit.per_minute`. */
  readonly applied: readonly string[];
  /** Keys that are not what the process was started with, and hold from the next start on. */
  readonly needsRestart: readonly string[];
}

/** What becomes of a file that was read again; `before` is what holds now. */
export function planReload(before: Config, after: Config): ReloadPlan {
  const changed = changedKeys(before, after);
  const applied = changed.filter(holdsAtOnce);
  const config = withKeys(before, after, applied);
  return {
    config,
    apply: applied.length === 0 ? undefined : { ...gatewaySettingsOf(config), ...resilienceOf(config) },
    applied,
    needsRestart: changed.filter((key) => !holdsAtOnce(key)),
  };
}

function holdsAtOnce(key: string): boolean {
  return AT_ONCE.includes(key) || AT_ONCE.includes(key.split(".")[0] ?? "");
}

type Tables = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function changedKeys(before: Tables, after: Tables): string[] {
  return Object.keys(after).flatMap((table) => {
    const [old, next] = [before[table] ?? {}, after[table] ?? {}];
    const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
    return [...keys].filter((key) => !isDeepStrictEqual(old[key], next[key])).map((key) => `${table}.${key}`);
  });
}

/** `config`, these keys as they are in `other`. */
function withKeys(config: Tables, other: Tables, keys: readonly string[]): Config {
  const made: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(config).map(([table, entries]) => [table, { ...entries }]),
  );
  for (const path of keys) {
    const [table = "", key = ""] = path.split(".");
    made[table] = { ...made[table], [key]: other[table]?.[key] };
  }
  return made as unknown as Config;
}
