import { describe, expect, test } from "bun:test";
import { DEFAULT_CONFIG, parseConfig } from "./config-file.ts";
import { AT_ONCE, planReload } from "./plan-reload.ts";

const config = (text: string) => parseConfig(text, "mcpctl.toml");
const plan = (after: string, before = "") => planReload(config(before), config(after));

describe("what holds at once", () => {
  const SETTINGS: readonly (readonly [key: string, text: string, settings: object])[] = [
    ["security.allow_servers", '[security]\nallow_servers = ["crm"]', { policy: { allowServers: ["crm"] } }],
    ["security.deny_tools", '[security]\ndeny_tools = ["delete_*"]', { policy: { denyTools: ["delete_*"] } }],
    ["rate_limit.per_minute", "[rate_limit]\nper_minute = 7", { policy: { rates: { perMinute: 7 } } }],
    ["rate_limit.methods", '[rate_limit.methods]\n"tools/call" = 7', { policy: { rates: { methods: { "tools/call": 7 } } } }],
    ["limits.max_payload_kb", "[limits]\nmax_payload_kb = 7", { maxBodyBytes: 7168 }],
    ["limits.max_depth", "[limits]\nmax_depth = 9", { policy: { limits: { maxDepth: 9 } } }],
    ["stream.enabled", "[stream]\nenabled = false", { policy: { stream: { enabled: false } } }],
    ["queue.lease_seconds", "[queue]\nlease_seconds = 7", { policy: { queue: { leaseSeconds: 7 } } }],
    ["dispatch.auto_after_seconds", "[dispatch]\nauto_after_seconds = 7", { policy: { dispatch: { autoAfterSeconds: 7 } } }],
    ["queue.max_result_bytes", "[queue]\nmax_result_bytes = 7000", { policy: { queue: { maxResultBytes: 7000 } } }],
    ["timeouts.total_seconds", "[timeouts]\ntotal_seconds = 7", { callTimeoutMs: 7000 }],
    ["bulkhead.concurrency", "[bulkhead]\nconcurrency = 7", { resilience: { concurrency: 7 } }],
    ["breaker.enabled", "[breaker]\nenabled = false", { resilience: { breaker: undefined } }],
    ["retries.tries", "[retries]\ntries = 0", { resilience: { retries: { tries: 0 } } }],
    ["catalog.positive_ttl_seconds", "[catalog]\npositive_ttl_seconds = 7", { resilience: { catalog: { positiveTtlMs: 7000 } } }],
    ["probe.interval_seconds", "[probe]\ninterval_seconds = 0", { resilience: { probe: { intervalMs: undefined } } }],
  ];

  test.each(SETTINGS)("%s", (key, text, settings) => {
    const { config: holding, apply, applied, needsRestart } = plan(text);
    expect({ applied, needsRestart }).toEqual({ applied: [key], needsRestart: [] });
    expect(apply).toMatchObject(settings);
    expect(holding).toEqual(config(text));
  });

  test("the scope map", () => {
    const { apply, applied } = plan('[auth.scope_map]\n"mcp:call" = ["tools/list"]');
    expect(applied).toEqual(["auth.scope_map"]);
    expect(apply?.policy.scopes("tools/list")).toBe("mcp:call");
  });

  test("a key that is taken out of the file is its default again", () => {
    const { applied, apply } = plan("", "[rate_limit]\nper_minute = 7");
    expect(applied).toEqual(["rate_limit.per_minute"]);
    expect(apply?.policy.rates.perMinute).toBe(600);
  });

  test("is named by tables and keys that there are", () => {
    for (const name of AT_ONCE) {
      const [table = "", key] = name.split(".");
      expect(DEFAULT_CONFIG).toHaveProperty(key === undefined ? [table] : [table, key]);
    }
  });
});

describe("what takes a restart", () => {
  const RESTART: readonly (readonly [key: string, text: string])[] = [
    ["stdio.enabled", "[stdio]\nenabled = false"],
    ["audit.retention_days", "[audit]\nretention_days = 1"],
    ["mode.api", "[mode]\napi = false"],
    ["route.version", '[route]\nversion = "v9"'],
    ["security.allowed_hosts", '[security]\nallowed_hosts = ["mcp.example.org"]'],
    ["security.enable_write_tools", "[security]\nenable_write_tools = true"],
    ["rate_limit.store", '[rate_limit]\nstore = "redis://127.0.0.1:6379"'],
    ["rate_limit.on_store_failure", '[rate_limit]\non_store_failure = "closed"'],
    ["auth.jwt_mode", "[auth]\njwt_mode = true"],
    ["auth.own_origins", '[auth]\nown_origins = ["https://mcpd.example.org"]'],
    ["auth.oidc", '[[auth.oidc]]\nissuer = "https://login.example.org"\naudience = "mcpctl"\nalgorithm = "RS256"'],
    ["log.level", '[log]\nlevel = "info"'],
    ["metrics.listen", '[metrics]\nlisten = "127.0.0.1:9464"'],
    ["tracing.endpoint", '[tracing]\nendpoint = "http://127.0.0.1:4318"'],
  ];

  test.each(RESTART)("%s", (key, text) => {
    expect(plan(text)).toEqual({ config: DEFAULT_CONFIG, apply: undefined, applied: [], needsRestart: [key] });
  });

  test("stays as it is while the rest of its table changes, and is said until it is as it was", () => {
    const started = config("");
    const both = planReload(started, config('[rate_limit]\nper_minute = 7\nstore = "redis://127.0.0.1:6379"\n[route]\nversion = "v9"'));
    expect(both).toMatchObject({ applied: ["rate_limit.per_minute"], needsRestart: ["route.version", "rate_limit.store"] });
    expect(both.config).toEqual(config("[rate_limit]\nper_minute = 7"));
    expect(both.apply?.policy.routes).toEqual(plan("[rate_limit]\nper_minute = 8").apply?.policy.routes as never);
    expect(planReload(both.config, config('[route]\nversion = "v9"'))).toMatchObject({ needsRestart: ["route.version"] });
    expect(planReload(both.config, config("[rate_limit]\nper_minute = 7"))).toMatchObject({
      apply: undefined,
      applied: [],
      needsRestart: [],
    });
  });
});
