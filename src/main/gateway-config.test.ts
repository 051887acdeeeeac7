import { describe, expect, test } from "bun:test";
import { DEFAULT_GATEWAY_POLICY } from "../gateway/policy/gateway-policy.ts";
import { DEFAULT_CONFIG, parseConfig } from "./config-file.ts";
import { type GatewayConfig, gatewaySettingsOf } from "./gateway-config.ts";

const gatewayPolicyOf = (config: GatewayConfig) => gatewaySettingsOf(config).policy;
const parse = (text: string) => parseConfig(text, "gateway.toml");

test("a gateway without a configuration follows what an empty one says", () => {
  const { scopes, ...rest } = gatewayPolicyOf(DEFAULT_CONFIG);
  const { scopes: byDefault, ...expected } = DEFAULT_GATEWAY_POLICY;
  expect(rest).toEqual(expected);
  for (const method of ["tools/list", "tools/call", "initialize", "no/such"]) expect(scopes(method)).toEqual(byDefault(method));
});

test("security is closed by default: no tool that writes, and what no scope map names takes mcp:admin", () => {
  expect(DEFAULT_CONFIG.security.enable_write_tools).toBe(false);
  expect(gatewayPolicyOf(DEFAULT_CONFIG).scopes("anything/else")).toBe("mcp:admin");
  expect(DEFAULT_CONFIG.auth.jwt_mode).toBe(false);
});

test("every key of a gateway reaches what it follows", () => {
  const policy = gatewayPolicyOf(
    parse(`
[mode]
internal = false
[route]
api_base = "/rest/mcp"
version = "2"
[security]
allow_servers = ["content", "crm-*"]
deny_tools = ["*.delete"]
allowed_hosts = ["mcp.example.org", "[2001:db8::1]"]
[auth]
own_origins = ["https://mcpd.example.org"]
[auth.scope_map]
"mcp:read" = ["initialize"]
[rate_limit]
per_minute = 0
methods = { "tools/call" = 30 }
[limits]
max_payload_kb = 1
max_result_bytes = 2048
max_result_items = 3
max_depth = 8
max_header_bytes = 4096
max_concurrent_calls = 5
max_concurrent_calls_per_identity = 1
[stream]
enabled = false
heartbeat_seconds = 2
max_stream_seconds = 3
abort_on_disconnect = false
[queue]
driver = "sync"
lease_seconds = 5
max_result_bytes = 4096
[dispatch]
auto_after_seconds = 2.5
`),
  );
  expect(["initialize", "tools/list", "ping"].map(policy.scopes)).toEqual(["mcp:read", "mcp:admin", undefined]);
  expect({ ...policy, scopes: undefined }).toEqual({
    routes: { manager: undefined, api: "/rest/mcp/2/mcp/" },
    scopes: undefined as never,
    allowServers: ["content", "crm-*"],
    denyTools: ["*.delete"],
    rates: { perMinute: 0, methods: { "tools/call": 30 } },
    limits: {
      maxResultBytes: 2048,
      maxResultItems: 3,
      maxDepth: 8,
      maxHeaderBytes: 4096,
      maxConcurrentCalls: 5,
      maxConcurrentCallsPerIdentity: 1,
    },
    stream: { enabled: false, heartbeatSeconds: 2, maxSeconds: 3, abortOnDisconnect: false },
    queue: { leaseSeconds: 5, maxResultBytes: 4096 },
    dispatch: { autoAfterSeconds: 2.5 },
    ownOrigins: ["https://mcpd.example.org"],
    allowedHosts: ["mcp.example.org", "[2001:db8::1]"],
  });
});

describe("what could be no route, limit or pattern is refused by its key", () => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['[route]\nmanager_prefix = "projects"', /: route\.manager_prefix: must not begin with mcp, sse, messages, projects/],
    ['[route]\nmanager_prefix = "a/b"', /: route\.manager_prefix: must be one part of a path/],
    ['[route]\napi_base = "api"', /: route\.api_base: must be empty, or 1-4 parts/],
    ['[route]\napi_base = "/Projects"', /: route\.api_base: must not begin with/],
    ['[route]\napi_base = ""\nversion = "mcp"', /: route\.version: must not begin with/],
    ['[security]\nallow_servers = "*"', /: security\.allow_servers: .*expected array/],
    ['[security]\ndeny_tools = ["a b"]', /: security\.deny_tools\.0: must be a pattern of 1-200 characters/],
    ['[security]\nallowed_hosts = ["mcp.example.org:443"]', /: security\.allowed_hosts\.0: must be a host without a port/],
    ['[auth.scope_map]\n"mcp:write" = []', /there is no key 'auth\.scope_map\.mcp:write'/],
    ['[auth.scope_map]\n"mcp:read" = ["tools list"]', /: auth\.scope_map\.mcp:read\.0: must be a method such as tools\/call/],
    ["[rate_limit]\nper_minute = -1", /: rate_limit\.per_minute: must be 0 or more calls a minute/],
    ['[rate_limit]\nstore = "http://x"', /: rate_limit\.store: must be "memory" or redis:\/\/HOST:PORT/],
    ['[rate_limit]\non_store_failure = "maybe"', /: rate_limit\.on_store_failure: /],
    ["[limits]\nmax_depth = 0", /: limits\.max_depth: /],
    ["[limits]\nmax_header_bytes = 65536", /: limits\.max_header_bytes: /],
    ["[stream]\nheartbeat_seconds = 0", /: stream\.heartbeat_seconds: /],
    ['[queue]\ndriver = "stask"', /: queue\.driver: /],
    ["[queue]\nmax_result_bytes = 491521", /: queue\.max_result_bytes: /],
    ['[queue]\nfailover = "none"', /: queue\.failover: /],
    ["[dispatch]\nauto_after_seconds = -1", /: dispatch\.auto_after_seconds: /],
  ];
  test.each(cases)("%j", (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID", message: expect.stringMatching(message) }));
  });
});

test("the largest body is told in KiB", () => {
  expect(gatewaySettingsOf(DEFAULT_CONFIG).maxBodyBytes).toBe(262_144);
  expect(gatewaySettingsOf(parse("[limits]\nmax_payload_kb = 2")).maxBodyBytes).toBe(2048);
});

test("the key of earlier versions is refused with the one that took its place", () => {
  expect(() => parse("[policy]\nenable_write_tools = true\n")).toThrow(
    expect.objectContaining({
      message: "gateway.toml: there is no key 'policy'",
      hint: "policy.enable_write_tools is security.enable_write_tools now",
    }),
  );
});
