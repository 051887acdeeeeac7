import { createRegistry, type Message, toJson } from "@bufbuild/protobuf";
import { file_mcp_v1_mcp, file_mcp_v1_operation, file_mcp_v1_service_spec, file_mcp_v1_state } from "./contract.ts";

const registry = createRegistry(file_mcp_v1_mcp, file_mcp_v1_operation, file_mcp_v1_service_spec, file_mcp_v1_state);

/** A message of the contract in the JSON that protobuf has for it, with what is empty: names of enums, times as text. */
export function messageJson(message: Message): unknown {
  const schema = registry.getMessage(message.$typeName);
  if (schema === undefined) throw new Error(`${message.$typeName} is no message of the contract`);
  return toJson(schema, message, { alwaysEmitImplicit: true });
}
