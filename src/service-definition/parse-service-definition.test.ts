import { expect, test } from "bun:test";
import { AppError } from "../core/app-error.ts";
import { parseServiceDefinition } from "./parse-service-definition.ts";

const HEAD = 'name = "shop"\nnode = "rift"\n';
const API = `${HEAD}[[components]]\nname = "api"\nimage = "registry.example.org/shop:v1"\n`;
const WEB = '[[components]]\nname = "web"\nimage = "web"\n';
const parse = (text: string) => parseServiceDefinition(text, "shop.toml");

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error).toMatchObject({ code: "invalid", reason: "SERVICE_DEFINITION_INVALID" });
    return error.hint === undefined ? error.message : `${error.message} | ${error.hint}`;
  }
  throw new Error("nothing was refused");
}

test("ten lines are a service; what is not written has its default, and it is active", () => {
  const definition = parse(`${API}ports = ["8080:80", "9000"]\n[components.healthcheck]\nmcp = "/mcp"\nport = 80\n`);
  expect(definition).toEqual({
    name: "shop",
    node: "rift",
    active: true,
    selfHeal: "heal",
    comment: "",
    components: [
      {
        name: "api",
        image: "registry.example.org/shop:v1",
        ports: [
          { hostPort: 8080, containerPort: 80, protocol: "tcp" },
          { containerPort: 9000, protocol: "tcp" },
        ],
        volumes: [],
        cmd: [],
        entrypoint: [],
        env: {},
        secrets: {},
        labels: {},
        dependsOn: [],
        healthcheck: {
          probe: { kind: "mcp", path: "/mcp", port: 80 },
          intervalMs: 10_000,
          timeoutMs: 5_000,
          retries: 3,
          deadlineMs: 60_000,
        },
        resources: {},
        stopTimeoutMs: 10_000,
        hardening: { profile: "default", tmpfs: [], capDrop: [], capAdd: [], securityOpt: [] },
      },
    ],
  });
});

test("every key is read", () => {
  const definition = parse(`
name = "shop"
node = "rift"
active = false
self_heal = "alert"
comment = "the shop"
[[components]]
name = "api"
image = "shop:v1"
network = "shop_net"
user = "10001:10001"
ports = ["[::1]:5353:53/udp"]
volumes = ["/srv/shop/data:/data", "cache:/cache:ro"]
cmd = ["serve", "--verbose"]
entrypoint = ["/bin/shop"]
depends_on = ["db"]
replicas = 1
stop_timeout = "1.5m"
update_order = "stop-first"
env = { MODE = "fast" }
secrets = { TOKEN = "secrets/token" }
labels = { "com.example.team" = "shop" }
healthcheck = { exec = ["/bin/shop", "check"], interval = "30s", timeout = "500ms", retries = 5, deadline = "2m" }
resources = { memory = "256MiB", cpus = 0.5, pids = 64 }
[components.hardening]
profile = "strict"
read_only = true
tmpfs = ["/run:size=16m,mode=0755"]
cap_drop = ["cap_net_raw"]
cap_add = ["net_bind_service"]
security_opt = ["no-new-privileges"]
userns = "auto"
[[components]]
name = "db"
image = "db"
`);
  expect(definition).toMatchObject({ active: false, selfHeal: "alert", comment: "the shop" });
  expect(definition.components[0]).toEqual({
    name: "api",
    image: "shop:v1",
    network: "shop_net",
    user: "10001:10001",
    ports: [{ hostPort: 5353, hostAddress: "::1", containerPort: 53, protocol: "udp" }],
    volumes: [
      { source: "/srv/shop/data", target: "/data", readOnly: false },
      { source: "cache", target: "/cache", readOnly: true },
    ],
    cmd: ["serve", "--verbose"],
    entrypoint: ["/bin/shop"],
    env: { MODE: "fast" },
    secrets: { TOKEN: "secrets/token" },
    labels: { "com.example.team": "shop" },
    dependsOn: ["db"],
    healthcheck: {
      probe: { kind: "exec", command: ["/bin/shop", "check"] },
      intervalMs: 30_000,
      timeoutMs: 500,
      retries: 5,
      deadlineMs: 120_000,
    },
    resources: { memoryBytes: 268_435_456, cpuMillis: 500, pids: 64 },
    stopTimeoutMs: 90_000,
    hardening: {
      profile: "strict",
      readOnly: true,
      tmpfs: ["/run:size=16m,mode=0755"],
      capDrop: ["NET_RAW"],
      capAdd: ["NET_BIND_SERVICE"],
      securityOpt: ["no-new-privileges"],
      userns: "auto",
    },
    updateOrder: "stop-first",
  });
});

test.each([
  ["a missing name", 'node = "rift"\n[[components]]\nname = "a"\nimage = "a"', "shop.toml: name: is missing"],
  ["a missing node", 'name = "shop"\n[[components]]\nname = "a"\nimage = "a"', "shop.toml: node: is missing"],
  ["no components", HEAD, "shop.toml: components: is missing"],
  ["empty components", `${HEAD}components = []`, "shop.toml:3: components: a service has at least one component"],
  ["a component without an image", `${HEAD}[[components]]\nname = "a"`, "shop.toml:3: components[0].image: is missing"],
  [
    "two components of one name",
    API + WEB.replace('"web"', '"api"'),
    "shop.toml:7: components[1].name: there are two components 'api' | give each a name of its own",
  ],
  ["text that is no TOML", `${HEAD}x = `, /^shop\.toml:3:\d+: /],
  ["a number too large", `${API}[components.resources]\npids = 99999999999999999999`, /^shop\.toml:\d+:\d+: /],
  ["a key of the service that there is not", `activ = true\n${API}`, "shop.toml:1: activ: there is no such key | did you mean 'active'?"],
  [
    "a key of a component that there is not",
    `${API}volume = []`,
    "shop.toml:6: components[0].volume: there is no such key | did you mean 'volumes'?",
  ],
  [
    "a key of a table within",
    `${API}[components.healthcheck]\nmpc = "/mcp"`,
    "shop.toml:7: components[0].healthcheck.mpc: there is no such key | did you mean 'mcp'?",
  ],
  [
    "a key of another tool",
    `${API}restart = "always"`,
    'shop.toml:6: components[0].restart: there is no such key | the agent restarts what has ended; self_heal = "alert" keeps it from that',
  ],
  ["a key that hides", `${API}[components.env]\n__proto__ = "x"`, "shop.toml:7: components[0].env.__proto__: there is no such key"],
  ["a value of another type", `${API}[components.env]\nPORT = 80`, /components\[0\]\.env\.PORT: .*expected string, received number/],
  ["a name with capitals", API.replace('"shop"', '"Shop"'), /^shop\.toml:1: name: 'Shop' is no name \| write 1 to 40/],
  ["a name of another shape", API.replace('"api"', '"api.next"'), /^shop\.toml:4: components\[0\]\.name: /],
  ["two replicas", `${API}replicas = 2`, /components\[0\]\.replicas: is 1, or not there/],
  ["a duration without a unit", `${API}stop_timeout = "10"`, /stop_timeout: '10' is not a duration \| write a number and a unit/],
  [
    "a probe of two kinds",
    `${API}healthcheck = { mcp = "/mcp", tcp = true, port = 80 }`,
    /components\[0\]\.healthcheck: says mcp and tcp \| write one of/,
  ],
  ["a probe of no kind", `${API}healthcheck = { port = 80 }`, /components\[0\]\.healthcheck: says not what to probe/],
  ["tcp that is false", `${API}healthcheck = { tcp = false, port = 80 }`, /components\[0\]\.healthcheck\.tcp: /],
  [
    "mcp without a port",
    `${API}healthcheck = { mcp = "/mcp" }`,
    "shop.toml:6: components[0].healthcheck.port: is missing | mcp needs the container's port",
  ],
  ["tcp without a port", `${API}healthcheck = { tcp = true }`, /healthcheck\.port: is missing/],
  ["exec with a port", `${API}healthcheck = { exec = ["x"], port = 1 }`, /healthcheck\.port: a command has no port/],
  ["a path without its slash", `${API}healthcheck = { http = "health", port = 80 }`, /healthcheck\.http: must be a path/],
  [
    "a deadline that is shorter than one probe",
    `${API}healthcheck = { tcp = true, port = 1, timeout = "10s", deadline = "5s" }`,
    /deadline: ends before a single probe may/,
  ],
  [
    "a component that waits for one that there is not",
    `${API}depends_on = ["wbe"]\n${WEB}`,
    "shop.toml:6: components[0].depends_on: there is no component 'wbe' in this service | did you mean 'web'?",
  ],
  [
    "one that waits for itself",
    `${API}depends_on = ["api"]`,
    "shop.toml:6: components[0].depends_on: components wait for each other: api → api",
  ],
  [
    "two that wait for each other",
    `${API}depends_on = ["web"]\n${WEB}depends_on = ["api"]`,
    /components wait for each other: api → web → api/,
  ],
  [
    "one host port twice",
    `${API}ports = ["8080:80"]\n${WEB}ports = ["0.0.0.0:8080:81"]`,
    /components\[1\]\.ports\[0\]: host port 8080 is taken by '8080:80' of component 'api'/,
  ],
  [
    "a variable in env and secrets",
    `${API}env = { A = "1" }\nsecrets = { A = "a" }`,
    "shop.toml:7: components[0].secrets.A: 'A' stands in env too | leave one of them out",
  ],
  [
    "a secret outside the service's directory",
    `${API}secrets = { A = "../other/token" }`,
    /secrets\.A: '\.\.\/other\/token' is no path of a secret/,
  ],
  ["a variable with =", `${API}env = { "A=B" = "1" }`, /components\[0\]\.env: 'A=B' is no name of a variable/],
  [
    "a label of the agent's",
    `${API}labels = { "io.mcpctl.service" = "x" }`,
    /components\[0\]\.labels: labels that begin with io\.mcpctl\. are the agent's own/,
  ],
  [
    "ports without a network",
    `${API}network = "none"\nports = ["80"]`,
    /components\[0\]\.ports: a component without a network has no ports/,
  ],
  [
    "a probe over no network",
    `${API}network = "none"\nhealthcheck = { tcp = true, port = 1 }`,
    /healthcheck: a component without a network is probed by exec alone/,
  ],
  [
    "two mounts at one place",
    `${API}volumes = ["a:/data"]\nhardening = { tmpfs = ["/data"] }`,
    /hardening\.tmpfs\[0\]: something else is mounted at \/data/,
  ],
  [
    "a stateless component with a volume to write",
    `${API}volumes = ["a:/data"]\nhardening = { profile = "stateless" }`,
    /volumes\[0\]: the profile stateless has no volume that may be written/,
  ],
  [
    "a strict component that may write to its root",
    `${API}hardening = { profile = "strict", read_only = false }`,
    /read_only: the profile strict has a read-only root/,
  ],
  ["a third of a thousandth of a core", `${API}resources = { cpus = 0.0015 }`, /resources\.cpus: must be whole thousandths/],
  ["hardly any memory", `${API}resources = { memory = "1MiB" }`, /resources\.memory: must be 6MiB at least/],
] as const)("%s is refused, with its place and what to do", (_, text, expected) => {
  if (typeof expected === "string") expect(refusal(text)).toBe(expected);
  else expect(refusal(text)).toMatch(expected);
});

test("a text of more than 256 KiB is not even read", () => {
  expect(refusal(`${API}# ${"x".repeat(256 * 1024)}`)).toBe("shop.toml is over 256 KiB");
});

test("what a foreign text does to a terminal is left out of the message", () => {
  expect(refusal(`"\\u001b[31mred" = 1\n${API}`)).not.toContain("\u001b");
});
