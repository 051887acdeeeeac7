import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { AGENT_CONFIG_KEYS } from "../../src/agent/config/known-keys.ts";
import { parseAgentConfig } from "../../src/agent/config/read-agent-config.ts";
import { fleetConfigSchema, parseFleetConfig } from "../../src/cli/config/fleet-config.ts";
import { looseningsOf } from "../../src/service-definition/loosenings.ts";
import { loadServiceDefinitions } from "../../src/service-definition/service-files.ts";
import { writtenServiceSchema } from "../../src/service-definition/written-service.ts";

const EXAMPLES = join(import.meta.dirname, "../../deploy/examples");
const read = (name: string) => Bun.file(join(EXAMPLES, name)).text();

/** The keys that a schema has, with dots, arrays passed over: `nodes.name`. */
function keysOf(schema: unknown, path = ""): readonly string[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) => keysOf(inner, path === "" ? key : `${path}.${key}`));
  }
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject) return keysOf(schema.element, path);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return keysOf(schema.unwrap(), path);
  return [path];
}

/** The same of what was written. A table whose keys anybody may choose is one key: those in `open`. */
function keysIn(value: unknown, open: readonly string[] = [], path = ""): readonly string[] {
  if (Array.isArray(value) && typeof value[0] === "object") return value.flatMap((each) => keysIn(each, open, path));
  if (typeof value !== "object" || value === null || Array.isArray(value) || open.includes(path)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keysIn(inner, open, path === "" ? key : `${path}.${key}`));
}

const sorted = (keys: readonly string[]) => [...new Set(keys)].sort();

/** Lines with a key that no comment stands above, or above the lines right before it. */
function undocumented(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.filter((line, index) => {
    if (!/^\w+ = /.test(line)) return false;
    const above = lines.slice(0, index).reverse();
    const block = above.slice(0, above.indexOf(""));
    return !block.some((each) => each.startsWith("#"));
  });
}

test("mcp.toml has every field of the command line's configuration, documented, and loads", async () => {
  const text = await read("mcp.toml");
  const config = parseFleetConfig(text, "mcp.toml", { HOME: "/home/ada" });
  expect(config.servicesDir).toBe("/home/ada/.config/mcp/services");
  expect(config.auth).toEqual({
    tokenPath: "/home/ada/.config/mcp/token",
    username: "deployer",
    passwordFile: "/home/ada/.config/mcp/password",
  });
  expect(config.nodes.map(({ name }) => name)).toEqual(["rift", "forge"]);
  expect(sorted(keysIn(parse(text)))).toEqual(sorted(keysOf(fleetConfigSchema)));
  expect(undocumented(text).filter((line) => line !== 'name = "forge"' && line !== 'address = "10.1.2.3"')).toEqual([]);
});

/** The text with the fields that it only shows. */
const withShown = (text: string) => text.replaceAll(/^# (\w+ = )/gm, "$1");

test("mcp-agent.toml has every field of the agent's configuration, documented, and loads with what it only shows and without", async () => {
  const text = await read("mcp-agent.toml");
  const config = parseAgentConfig(text, "/srv/mcp/mcp-agent.toml", {});
  expect(config.agent).toMatchObject({ node_name: "rift", data_dir: "/srv/mcp", files_root: "/srv" });
  expect(config.server.grpc_addr).toEqual({ host: "0.0.0.0", port: 9444 });
  expect(() => parseAgentConfig(withShown(text), "/srv/mcp/mcp-agent.toml", {})).not.toThrow();
  expect(sorted(keysIn(parse(withShown(text))))).toEqual(sorted([...AGENT_CONFIG_KEYS.keys()]));
  expect(undocumented(withShown(text))).toEqual([]);
});

test("the values that mcp-agent.toml has and does not require are the defaults", async () => {
  const text = await read("mcp-agent.toml");
  const required = /^(grpc_addr|tls_cert|tls_key|path|server_url|node_name) = /;
  const least = text.split("\n").filter((line) => line.startsWith("[") || required.test(line));
  expect(parseAgentConfig(text, "/srv/mcp/a.toml", {})).toEqual(parseAgentConfig(least.join("\n"), "/srv/mcp/a.toml", {}));
});

test("the service examples load, together, and have every key of a definition", async () => {
  const definitions = await loadServiceDefinitions(join(EXAMPLES, "services"));
  expect(definitions.map(({ name }) => name)).toEqual(["mcplocal", "notes", "relay", "search", "shop"]);
  const texts = await Promise.all(definitions.map(({ name }) => read(`services/${name}.toml`)));
  const open = ["components.env", "components.secrets", "components.labels"];
  expect(sorted(texts.flatMap((text) => keysIn(parse(text), open)))).toEqual(sorted(keysOf(writtenServiceSchema)));
});

test("what an example loosens is said", async () => {
  const definitions = await loadServiceDefinitions(join(EXAMPLES, "services"));
  const loosened = definitions.flatMap(({ name, components }) =>
    components.filter((each) => looseningsOf(each).length > 0).map(() => name),
  );
  expect(loosened).toEqual(["relay", "shop", "shop"]);
});
