import { expect, test } from "bun:test";
import { fleetConfigPath, parseFleetConfig } from "./fleet-config.ts";

const FILE = `
[services]
dir = "~/services"

[mcias]
server_url = "https://mcpd.example.org"
ca_cert = "/etc/mcp/ca.pem"
service_name = "fleet"

[auth]
token_path = "/run/mcp/token"
username = "ci"
password_file = "/run/secrets/ci"

[[nodes]]
name = "rift"
address = "10.0.0.7"
fingerprint = "SHA256:${"AB".repeat(32)}"

[[nodes]]
name = "orion"
address = "orion.example.org:9000"
ca = "~/orion.pem"
`;

const read = (content: string, env: Record<string, string> = {}) =>
  parseFleetConfig(content, "/home/ada/mcp.toml", { HOME: "/home/ada", ...env });

test("the configuration of the command line: every field comes from its TOML key", () => {
  expect(read(FILE)).toEqual({
    path: "/home/ada/mcp.toml",
    servicesDir: "/home/ada/services",
    identity: { serverUrl: "https://mcpd.example.org", caCert: "/etc/mcp/ca.pem", serviceName: "fleet" },
    auth: { tokenPath: "/run/mcp/token", username: "ci", passwordFile: "/run/secrets/ci" },
    nodes: [
      { name: "rift", address: "10.0.0.7", fingerprint: `SHA256:${"AB".repeat(32)}` },
      { name: "orion", address: "orion.example.org:9000", ca: "/home/ada/orion.pem" },
    ],
  });
});

test("variables MCP_… replace what the file says", () => {
  const env = {
    MCP_SERVICES_DIR: "/srv/defs",
    MCP_MCIAS_SERVER_URL: "https://id.example.org/",
    MCP_MCIAS_CA_CERT: "/id.pem",
    MCP_MCIAS_SERVICE_NAME: "other",
    MCP_AUTH_TOKEN_PATH: "/token",
    MCP_AUTH_USERNAME: "bo",
    MCP_AUTH_PASSWORD_FILE: "/password",
  };
  for (const content of [FILE, ""]) {
    expect(read(content, env)).toMatchObject({
      servicesDir: "/srv/defs",
      identity: { serverUrl: "https://id.example.org", caCert: "/id.pem", serviceName: "other" },
      auth: { tokenPath: "/token", username: "bo", passwordFile: "/password" },
    });
  }
});

test("without a file everything lies beside where it would be", () => {
  expect(read("")).toMatchObject({
    servicesDir: "/home/ada/services",
    identity: { serverUrl: undefined, caCert: undefined, serviceName: "mcp" },
    auth: { tokenPath: "/home/ada/token", username: undefined },
    nodes: [],
  });
});

test("the file is --config, else MCP_CONFIG, else mcp/mcp.toml in the folder for configurations", () => {
  const env = { MCP_CONFIG: "/a.toml", XDG_CONFIG_HOME: "/xdg", HOME: "/home/ada" };
  expect(fleetConfigPath(env, "/flag.toml")).toBe("/flag.toml");
  expect(fleetConfigPath(env, undefined)).toBe("/a.toml");
  expect(fleetConfigPath({ ...env, MCP_CONFIG: "" }, undefined)).toBe("/xdg/mcp/mcp.toml");
  expect(fleetConfigPath({ HOME: "/home/ada" }, undefined)).toBe("/home/ada/.config/mcp/mcp.toml");
  expect(fleetConfigPath({}, undefined)).toBeUndefined();
});

test.each([
  ["[[nodes]]\nname = 'ab'", "/home/ada/mcp.toml: nodes.0.address is missing", undefined],
  ["[[nodes]]\naddress = 'a'", "/home/ada/mcp.toml: nodes.0.name is missing", undefined],
  ["[mcias]\nca_cert = 'x'", "/home/ada/mcp.toml: mcias.server_url is missing", undefined],
  [
    "[auth]\npassword_file = 'x'",
    "/home/ada/mcp.toml: auth.username is missing: auth.password_file has a password and nobody to whom it belongs",
    undefined,
  ],
  ["[services]\ndir = ''", "/home/ada/mcp.toml: services.dir is empty", undefined],
  ["[service]\ndir = 'x'", "/home/ada/mcp.toml: there is no key 'service'", "did you mean services?"],
  [
    "[[nodes]]\nname = 'ab'\naddress = 'h'\nfingerprnt = 'x'",
    "/home/ada/mcp.toml: there is no key 'nodes.0.fingerprnt'",
    "did you mean fingerprint?",
  ],
  ["[auth]\npassword = 'x'", "/home/ada/mcp.toml: there is no key 'auth.password'", "did you mean password_file?"],
  [
    "[[nodes]]\nname = 'a b'\naddress = 'h'",
    "/home/ada/mcp.toml: nodes.0.name must be 2-63 of a-z, 0-9 and '-', starting with a letter",
    undefined,
  ],
  [
    "[[nodes]]\nname = 'ab'\naddress = 'h'\n[[nodes]]\nname = 'ab'\naddress = 'i'",
    "/home/ada/mcp.toml: there are two nodes of the name ab",
    undefined,
  ],
  [
    "[[nodes]]\nname = 'ab'\naddress = 'http://h'",
    "/home/ada/mcp.toml: node ab: 'http://h' is no address of an agent",
    "write HOST or HOST:PORT, an IPv6 address in brackets; without a port it is 9444",
  ],
  [
    "[[nodes]]\nname = 'ab'\naddress = 'h'\nfingerprint = 'ab'",
    "/home/ada/mcp.toml: node ab: The fingerprint is no SHA-256 of a certificate",
    "it is 64 hex digits, as 'openssl x509 -noout -fingerprint -sha256 -in FILE' prints it",
  ],
  ["nodes = [", "/home/ada/mcp.toml:1:9: Invalid TOML document: unfinished array", undefined],
])("%p is refused with its place", (content, message, hint) => {
  expect(() => read(content)).toThrow(expect.objectContaining({ code: "invalid", reason: "FLEET_CONFIG_INVALID", message, hint }));
});
