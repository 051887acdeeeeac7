/** The agent's contract for those who call it: the messages and words of `proto/mcp/v1`, generated. */
export * from "../../../gen/mcp/v1/mcp_pb.ts";
export * from "../../../gen/mcp/v1/operation_pb.ts";
export * from "../../../gen/mcp/v1/service_spec_pb.ts";
export * from "../../../gen/mcp/v1/state_pb.ts";
