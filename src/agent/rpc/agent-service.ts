import type { ServiceImpl } from "@connectrpc/connect";
import type { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { adoptionRpcs } from "./adoption-rpcs.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { deployRpcs } from "./deploy-rpcs.ts";
import { execRpc } from "./exec-rpc.ts";
import { fileRpcs } from "./file-rpcs.ts";
import { lifecycleRpcs } from "./lifecycle-rpcs.ts";
import { nodeRpcs } from "./node-rpcs.ts";
import { statusRpcs } from "./status-rpcs.ts";
import { streamRpcs } from "./stream-rpcs.ts";

/** Every RPC of the contract, translated to what the agent can be asked for. It decides nothing. */
export function agentService(deps: AgentServiceDeps): ServiceImpl<typeof McpAgentService> {
  return {
    ...deployRpcs(deps),
    ...lifecycleRpcs(deps),
    ...statusRpcs(deps),
    ...adoptionRpcs(deps),
    ...streamRpcs(deps),
    ...execRpc(deps),
    ...fileRpcs(deps),
    ...nodeRpcs(deps),
  };
}
