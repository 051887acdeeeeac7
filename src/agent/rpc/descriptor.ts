import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";

/** The contract with all that it is made of, as a `FileDescriptorSet`: what `grpcurl -protoset` reads. */
export function contractDescriptor(): Uint8Array {
  const files = new Map<string, DescFile>();
  collect(McpAgentService.file, files);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) }));
}

/** Each after what it depends on, as protoc writes them. */
function collect(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.name)) return;
  for (const dependency of file.dependencies) collect(dependency, files);
  files.set(file.name, file);
}
