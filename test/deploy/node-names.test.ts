/** A node is named in a service's file, two configurations and mcpd, and has to be able to bear one name in all of them. */
import { expect, test } from "bun:test";
import { parseAgentConfig } from "../../src/agent/config/read-agent-config.ts";
import { nodeCreateSchema } from "../../src/api/resources/node.ts";
import { parseFleetConfig } from "../../src/cli/config/fleet-config.ts";
import { NODE_NAME } from "../../src/core/node-name.ts";
import { parseServiceDefinition } from "../../src/service-definition/parse-service-definition.ts";

const readers = {
  "a service's file": (name: string) =>
    parseServiceDefinition(`name = "a"\nnode = "${name}"\n[[components]]\nname = "a"\nimage = "a"\n`, "a.toml").node,
  "the command line's configuration": (name: string) =>
    parseFleetConfig(`[[nodes]]\nname = "${name}"\naddress = "h"\n`, "/mcp.toml", { HOME: "/" }).nodes[0]?.name,
  "the agent's configuration": (name: string) => parseAgentConfig(agentConfig(name), "/mcp-agent.toml", {}).agent.node_name,
  mcpd: (name: string) => nodeCreateSchema.parse({ name, address: "h:9444" }).name,
};

function agentConfig(name: string): string {
  return `
server = { grpc_addr = "0.0.0.0:9444", tls_cert = "c", tls_key = "k" }
database = { path = "d" }
mcias = { server_url = "https://id.example.org" }
agent = { node_name = "${name}" }
`;
}

const NAMES = ["rift", "ab", "a-", "node-1", "a".repeat(63)];
const NONE = ["", "a", "1a", "-a", "Rift", "a.b", "a_b", "a b", "ä1", "a/b", "a".repeat(64)];

test.each(Object.entries(readers))("%s takes every name of a node, and nothing else", (_, read) => {
  for (const name of NAMES) expect(read(name)).toBe(name);
  for (const name of NONE) expect(() => read(name)).toThrow();
});

test("the rule is the same", () => {
  expect([...NAMES, ...NONE].filter((name) => NODE_NAME.test(name))).toEqual(NAMES);
});
