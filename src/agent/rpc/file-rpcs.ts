import type { ServiceImpl } from "@connectrpc/connect";
import type { McpAgentService, PushFileRequest } from "../../../gen/mcp/v1/mcp_pb.ts";
import { given } from "../../core/given.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { refused, required, safeNumber } from "./request-field.ts";
import { timestampOf } from "./time-message.ts";

type FileRpcs = Pick<ServiceImpl<typeof McpAgentService>, "pushFile" | "pullFile">;

export function fileRpcs({ files, ending }: AgentServiceDeps): FileRpcs {
  return {
    async pushFile(requests, context) {
      const input = requests[Symbol.asyncIterator]();
      const first = await input.next();
      if (first.done === true || first.value.what.case !== "head") throw refused("the first message must be the head of the file");
      const { serviceName, path, mode, size } = first.value.what.value;
      const head = { service: required("service_name", serviceName), path, mode, size: safeNumber("size", size) };
      const pushed = await files.push(head, chunksOf(input), AbortSignal.any([context.signal, ending]));
      return { path: pushed.path, size: BigInt(pushed.size), sha256: pushed.sha256 };
    },
    async *pullFile({ serviceName, path }, context) {
      const signal = AbortSignal.any([context.signal, ending]);
      const file = await files.pull({ service: required("service_name", serviceName), path }, signal);
      try {
        const { mode, size, modifiedAt, content } = file;
        yield { what: { case: "head" as const, value: { mode, size: BigInt(size), ...given({ modifiedAt: timestampOf(modifiedAt) }) } } };
        for await (const chunk of content) {
          yield { what: { case: "chunk" as const, value: chunk as Uint8Array<ArrayBuffer> } };
          signal.throwIfAborted();
        }
      } finally {
        await file.close();
      }
    },
  };
}

async function* chunksOf(input: AsyncIterator<PushFileRequest>): AsyncGenerator<Uint8Array> {
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    const { what } = next.value;
    if (what.case !== "chunk") throw refused("after the head of a file only its content may follow");
    yield what.value;
  }
}
