import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
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

test("mcp-agent.toml documents every field that it has", async () => {
  const text = await read("mcp-agent.toml");
  expect(keysIn(parse(text))).toContain("server.grpc_addr");
  expect(undocumented(text)).toEqual([]);
});

test("the service examples load, together, and have every key of a definition", async () => {
  const definitions = await loadServiceDefinitions(join(EXAMPLES, "services"));
  expect(definitions.map(({ name }) => name)).toEqual(["notes", "relay", "search", "shop"]);
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
