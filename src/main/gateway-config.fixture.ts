/** For tests: what the tables of a gateway hold where a file leaves them out, written down apart from their schema. */
export const GATEWAY_DEFAULTS = {
  mode: { internal: true, api: true },
  route: { manager_prefix: "emcp", api_base: "/api", version: "v1" },
  security: { allow_servers: ["*"], deny_tools: [], allowed_hosts: [], enable_write_tools: false },
  rate_limit: { per_minute: 600, methods: {}, store: "memory", on_store_failure: "open" as const },
  limits: {
    max_payload_kb: 256,
    max_result_bytes: 67_108_864,
    max_result_items: 0,
    max_depth: 128,
    max_header_bytes: 16_384,
    max_concurrent_calls: 10_000,
    max_concurrent_calls_per_identity: 2000,
  },
  stream: { enabled: true, heartbeat_seconds: 15, max_stream_seconds: 3600, abort_on_disconnect: true },
  queue: {
    driver: "embedded" as const,
    failover: "sync" as const,
    worker: true,
    concurrency: 16,
    attempts: 3,
    ttl_seconds: 3600,
    lease_seconds: 30,
    max_result_bytes: 262_144,
  },
  dispatch: { auto_after_seconds: 0 },
};

export const DEFAULT_SCOPE_MAP = {
  "mcp:read": [
    "tools/list",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "logging/setLevel",
    "subscriptions/listen",
  ],
  "mcp:call": ["tools/call", "tasks/get", "tasks/update", "tasks/cancel"],
  "mcp:admin": ["*"],
};
