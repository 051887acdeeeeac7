import type { ServiceImpl } from "@connectrpc/connect";
import type { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { given } from "../../core/given.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { calledBy } from "./called-by.ts";
import { resultMessage } from "./operation-message.ts";
import { parseDurationMessage, timestampOf } from "./time-message.ts";

const DRAIN_LIMIT_MS = 60_000;

type NodeRpcs = Pick<ServiceImpl<typeof McpAgentService>, "nodeStatus" | "drain" | "runSnapshot">;

export function nodeRpcs({ useCases: { node }, agentVersion, certificateExpiresAt }: AgentServiceDeps): NodeRpcs {
  return {
    async nodeStatus() {
      const { nodeName, runtime, startedAt, counts, drained, problems, diskFreeBytes, undeclared } = await node.status();
      return {
        nodeName,
        agentVersion,
        components: { ...counts },
        drained,
        problems: [...problems],
        undeclaredContainers: [...undeclared],
        diskFreeBytes: BigInt(Math.max(0, Math.floor(diskFreeBytes))),
        ...given({
          runtime: runtime === undefined ? undefined : { ...runtime },
          startedAt: timestampOf(startedAt),
          certificateExpiresAt: timestampOf(certificateExpiresAt()),
        }),
      };
    },
    async drain({ stopComponents, undo, limit }, context) {
      const limitMs = parseDurationMessage("limit", limit, DRAIN_LIMIT_MS);
      const results = await node.drain(calledBy(context), { stopComponents, undo, limitMs });
      return { drained: !undo, results: results.map(resultMessage) };
    },
    async runSnapshot() {
      const { path, size } = await node.snapshot();
      return { path, size: BigInt(size) };
    },
  };
}
