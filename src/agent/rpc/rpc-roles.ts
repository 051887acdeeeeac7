import type { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import type { Role } from "../identity/role.ts";

/** The name of an RPC as code has it: `deploy`. */
export type RpcName = keyof typeof McpAgentService.method;

/** What each RPC takes, as the contract's comments say: all of them, or it does not compile. */
export const RPC_ROLES: Readonly<Record<RpcName, Role>> = {
  deploy: "admin",
  plan: "view",
  rollback: "admin",
  stopService: "operate",
  startService: "operate",
  restartService: "operate",
  removeService: "admin",
  syncDesiredState: "admin",
  listServices: "view",
  liveCheck: "view",
  getServiceStatus: "view",
  adoptContainers: "admin",
  adoptContainer: "admin",
  getOperation: "view",
  listOperations: "view",
  watchEvents: "view",
  streamLogs: "view",
  exec: "admin",
  pushFile: "operate",
  pullFile: "operate",
  nodeStatus: "view",
  drain: "admin",
  runSnapshot: "admin",
};
