import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { given } from "../../core/given.ts";
import type { LifecycleUseCases } from "../agent-use-cases.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { calledBy } from "./called-by.ts";
import { outcome } from "./deploy-rpcs.ts";
import { named, parseRequestId, required } from "./request-field.ts";

type LifecycleRpcs = Pick<ServiceImpl<typeof McpAgentService>, "stopService" | "startService" | "restartService" | "removeService">;

interface LifecycleRequest {
  readonly serviceName: string;
  readonly component: string;
  readonly requestId: string;
}

export function lifecycleRpcs(deps: AgentServiceDeps): LifecycleRpcs {
  const rpc = (verb: keyof LifecycleUseCases) => async (request: LifecycleRequest, context: HandlerContext) => {
    const begun = await deps.useCases.lifecycle[verb](calledBy(context), {
      service: required("service_name", request.serviceName),
      requestId: parseRequestId(request.requestId),
      ...given({ component: named("component", request.component) }),
    });
    return await outcome(deps, begun, false, context);
  };
  return { stopService: rpc("stop"), startService: rpc("start"), restartService: rpc("restart"), removeService: rpc("remove") };
}
