import { expect, test } from "bun:test";
import { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { RPC_ROLES } from "./rpc-roles.ts";

test("each RPC takes the role that the contract says it takes", async () => {
  const contract = await Bun.file(`${import.meta.dir}/../../../proto/mcp/v1/mcp.proto`).text();
  const documented = [...contract.matchAll(/Role: (view|operate|admin)\.\n {2}rpc (\w+)\(/g)].map(([, role, name]) => [name, role]);
  const table = McpAgentService.methods.map(({ name, localName }) => [name, RPC_ROLES[localName as keyof typeof RPC_ROLES]]);
  expect(documented).toEqual(table);
  expect(table).toHaveLength(23);
});
