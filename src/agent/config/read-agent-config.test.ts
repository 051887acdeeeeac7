import { expect, test } from "bun:test";
import { parseAgentConfig, readAgentConfig } from "./read-agent-config.ts";

const MINIMAL = `
[server]
grpc_addr = "0.0.0.0:9444"
tls_cert = "/srv/mcp/certs/cert.pem"
tls_key = "/srv/mcp/certs/key.pem"
[database]
path = "/srv/mcp/mcp-agent.db"
[mcias]
server_url = "https://id.example.org:8443/"
[agent]
node_name = "edge-1"
`;

const FULL = `
[server]
grpc_addr = "[::1]:0"
tls_cert = "certs/cert.pem"
tls_key = "/etc/key.pem"
tls_client_ca = "clients.pem"
[database]
path = "state/agent.db"
[mcias]
server_url = "http://127.0.0.1:3100"
ca_cert = "ca.pem"
service_name = "agent"
[agent]
node_name = "edge-2"
container_runtime = "docker"
runtime_socket = "/run/docker.sock"
data_dir = "data"
files_root = "/data"
bind_roots = ["/media", "shared"]
backups_dir = "backups"
[proxy]
enabled = false
token_file = "proxy.token"
[monitor]
interval = "10s"
flap_window = "5m"
flap_threshold = 4
cooldown = "1h"
retention = "90d"
alert_command = ["/usr/local/bin/alert", "--now"]
alert_timeout = "2s"
[log]
level = "debug"
[snapshots]
keep = 30
[limits]
max_rpcs = 50
max_proxy_calls = 10
max_file_mib = 1
keep_free_mib = 0
`;

const parse = (text: string, env: Record<string, string | undefined> = {}) => parseAgentConfig(text, "/etc/mcp/mcp-agent.toml", env);

function refusal(text: string, env: Record<string, string | undefined> = {}): string {
  try {
    parse(text, env);
  } catch (thrown) {
    const { message, hint } = thrown as { message: string; hint?: string };
    return hint === undefined ? message : `${message} (${hint})`;
  }
  throw new Error("it was not refused");
}

test("a file with every key populates every field, times in milliseconds and paths made whole from the file's folder", () => {
  expect(parse(FULL)).toEqual({
    server: {
      grpc_addr: { host: "::1", port: 0 },
      tls_cert: "/etc/mcp/certs/cert.pem",
      tls_key: "/etc/key.pem",
      tls_client_ca: "/etc/mcp/clients.pem",
    },
    database: { path: "/etc/mcp/state/agent.db" },
    mcias: { server_url: "http://127.0.0.1:3100", ca_cert: "/etc/mcp/ca.pem", service_name: "agent" },
    agent: {
      node_name: "edge-2",
      container_runtime: "docker",
      runtime_socket: "/run/docker.sock",
      data_dir: "/etc/mcp/data",
      files_root: "/data",
      bind_roots: ["/media", "/etc/mcp/shared"],
      backups_dir: "/etc/mcp/backups",
    },
    proxy: { enabled: false, token_file: "/etc/mcp/proxy.token" },
    monitor: {
      interval: 10_000,
      flap_window: 300_000,
      flap_threshold: 4,
      cooldown: 3_600_000,
      retention: 90 * 86_400_000,
      alert_command: ["/usr/local/bin/alert", "--now"],
      alert_timeout: 2000,
    },
    log: { level: "debug" },
    snapshots: { keep: 30 },
    limits: { max_rpcs: 50, max_proxy_calls: 10, max_file_mib: 1, keep_free_mib: 0 },
  });
});

test("a file with what is required alone gets the defaults", () => {
  expect(parse(MINIMAL)).toEqual({
    server: { grpc_addr: { host: "0.0.0.0", port: 9444 }, tls_cert: "/srv/mcp/certs/cert.pem", tls_key: "/srv/mcp/certs/key.pem" },
    database: { path: "/srv/mcp/mcp-agent.db" },
    mcias: { server_url: "https://id.example.org:8443", ca_cert: "", service_name: "mcp-agent" },
    agent: {
      node_name: "edge-1",
      container_runtime: "auto",
      data_dir: "/srv/mcp",
      files_root: "/srv",
      bind_roots: [],
      backups_dir: "/srv/mcp/backups",
    },
    proxy: { enabled: true },
    monitor: {
      interval: 30_000,
      flap_window: 600_000,
      flap_threshold: 3,
      cooldown: 900_000,
      retention: 30 * 86_400_000,
      alert_command: [],
      alert_timeout: 10_000,
    },
    log: { level: "info" },
    snapshots: { keep: 7 },
    limits: { max_rpcs: 200, max_proxy_calls: 1000, max_file_mib: 4096, keep_free_mib: 256 },
  });
});

test.each(["server.grpc_addr", "server.tls_cert", "server.tls_key", "database.path", "mcias.server_url", "agent.node_name"])(
  "without %s it is refused, and the key and its variable are named",
  (key) => {
    const [, name = ""] = key.split(".");
    const variable = `MCP_AGENT_${key.toUpperCase().replace(".", "_")}`;
    const said = `/etc/mcp/mcp-agent.toml: ${key} is missing (write it into the file, or set ${variable})`;
    expect(refusal(MINIMAL.replace(new RegExp(`^${name} = .*$`, "m"), ""))).toBe(said);
    if (["database.path", "agent.node_name"].includes(key)) {
      expect(refusal(MINIMAL.replace(new RegExp(`^\\[${key.split(".")[0]}\\]\n${name} = .*$`, "m"), ""))).toBe(said);
    }
  },
);

test("variables stand in for keys of the file, and for keys that are not in it", () => {
  const config = parse(MINIMAL.replace(/^tls_cert.*$/m, ""), {
    MCP_AGENT_SERVER_GRPC_ADDR: "127.0.0.1:1",
    MCP_AGENT_SERVER_TLS_CERT: "/run/cert.pem",
    MCP_AGENT_AGENT_NODE_NAME: "other",
    MCP_AGENT_MONITOR_FLAP_THRESHOLD: "9",
    MCP_AGENT_MONITOR_INTERVAL: "1m",
    MCP_AGENT_MONITOR_ALERT_COMMAND: '["a", "b c"]',
    MCP_AGENT_PROXY_ENABLED: "false",
    MCP_AGENT_LOG_LEVEL: "error",
    MCP_AGENT_CONFIG: "/ignored",
    OTHER: "x",
  });
  expect(config.server).toMatchObject({ grpc_addr: { host: "127.0.0.1", port: 1 }, tls_cert: "/run/cert.pem" });
  expect(config).toMatchObject({
    agent: { node_name: "other" },
    monitor: { flap_threshold: 9, interval: 60_000, alert_command: ["a", "b c"] },
    proxy: { enabled: false },
    log: { level: "error" },
  });
});

test("a whole configuration may stand in the environment", () => {
  const env = {
    MCP_AGENT_SERVER_GRPC_ADDR: ":9444",
    MCP_AGENT_SERVER_TLS_CERT: "/c",
    MCP_AGENT_SERVER_TLS_KEY: "/k",
    MCP_AGENT_DATABASE_PATH: "/d/x.db",
    MCP_AGENT_MCIAS_SERVER_URL: "http://id",
    MCP_AGENT_AGENT_NODE_NAME: "rift",
  };
  expect(parse("", env)).toMatchObject({ server: { grpc_addr: { host: "0.0.0.0", port: 9444 } }, agent: { data_dir: "/d" } });
});

test("what cannot be meant is refused with its place and the nearest that can", () => {
  const also = (text: string) => refusal(`${MINIMAL}\n${text}`);
  const file = "/etc/mcp/mcp-agent.toml";
  expect(also("[monitor]\nintervall = '1s'")).toBe(`${file}: there is no key 'monitor.intervall' (did you mean 'interval'?)`);
  expect(refusal(MINIMAL.replace("node_name", "node_nam"))).toBe(`${file}: there is no key 'agent.node_nam' (did you mean 'node_name'?)`);
  expect(also("[moniter]\n")).toBe(`${file}: there is no key 'moniter' (did you mean 'monitor'?)`);
  expect(also("[monitor]\ninterval = '1 fortnight'")).toContain(`${file}: monitor.interval: must be a time such as 30s or 5m`);
  expect(also("[monitor]\ninterval = '1ms'")).toBe(`${file}: monitor.interval: must be between 1s and 1h`);
  expect(also("[snapshots]\nkeep = 0")).toContain(`${file}: snapshots.keep: `);
  expect(refusal(MINIMAL.replace("0.0.0.0:9444", "9444"))).toContain(`${file}: server.grpc_addr: must be HOST:PORT`);
  expect(refusal(MINIMAL.replace("edge-1", "Edge 1"))).toContain(`${file}: agent.node_name: must be 2-63`);
  expect(also("[log\n")).toContain(`${file}:13:`);
  expect(refusal("server = 1", { MCP_AGENT_SERVER_TLS_KEY: "/k" })).toContain(`${file}: server: `);
  expect(refusal(MINIMAL, { MCP_AGENT_SERVER_GRPC_ADR: "x" })).toBe(
    "There is no setting for the variable MCP_AGENT_SERVER_GRPC_ADR (did you mean MCP_AGENT_SERVER_GRPC_ADDR?)",
  );
  expect(refusal(MINIMAL, { MCP_AGENT_SNAPSHOTS_KEEP: "many" })).toBe("MCP_AGENT_SNAPSHOTS_KEEP: must be a whole number");
  expect(refusal(MINIMAL, { MCP_AGENT_PROXY_ENABLED: "yes" })).toBe("MCP_AGENT_PROXY_ENABLED: must be true or false");
  expect(refusal(MINIMAL, { MCP_AGENT_MONITOR_ALERT_COMMAND: "mail root" })).toContain(
    "MCP_AGENT_MONITOR_ALERT_COMMAND: must be a list in JSON",
  );
  expect(refusal(MINIMAL, { MCP_AGENT_LOG_LEVEL: "loud" })).toContain("MCP_AGENT_LOG_LEVEL: ");
});

test("a file that is not there is said to be", () => {
  expect(() => readAgentConfig("/nowhere/mcp-agent.toml", {})).toThrow(
    expect.objectContaining({ code: "not_found", reason: "CONFIG_UNREADABLE", message: expect.stringContaining("ENOENT") }),
  );
});
