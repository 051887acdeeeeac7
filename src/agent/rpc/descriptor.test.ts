import { expect, test } from "bun:test";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { contractDescriptor } from "./descriptor.ts";

test("the descriptor holds the whole service, and everything that its messages are made of", () => {
  const set = fromBinary(FileDescriptorSetSchema, contractDescriptor());
  // It throws where a file is missing, or comes before what it depends on.
  const service = createFileRegistry(set).getService("mcp.v1.McpAgentService");
  expect(service?.methods.map(({ name, methodKind, input, output }) => [name, methodKind, input.typeName, output.typeName])).toEqual(
    McpAgentService.methods.map(({ name, methodKind, input, output }) => [name, methodKind, input.typeName, output.typeName]),
  );
  expect(service?.method.deploy?.input.field.spec?.message?.typeName).toBe("mcp.v1.ServiceSpec");
});
