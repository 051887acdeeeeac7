import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type McpAgentService, OnFailure, PlannedAction, PullPolicy } from "../../../gen/mcp/v1/mcp_pb.ts";
import type { ServiceSpec } from "../../../gen/mcp/v1/service_spec_pb.ts";
import { given } from "../../core/given.ts";
import { fromSpec } from "../../service-definition/from-spec.ts";
import type * as useCases from "../agent-use-cases.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { calledBy } from "./called-by.ts";
import { reportMessage } from "./operation-message.ts";
import { named, parseRequestId, refused, required, safeNumber, wordOf } from "./request-field.ts";

const ON_FAILURE: Readonly<Record<number, useCases.OnFailure>> = {
  [OnFailure.UNSPECIFIED]: "continue",
  [OnFailure.CONTINUE]: "continue",
  [OnFailure.STOP]: "stop",
  [OnFailure.REVERT]: "revert",
};

const PULL: Readonly<Record<number, useCases.PullPolicy>> = {
  [PullPolicy.UNSPECIFIED]: "missing",
  [PullPolicy.MISSING]: "missing",
  [PullPolicy.ALWAYS]: "always",
  [PullPolicy.NEVER]: "never",
};

const ACTIONS: Readonly<Record<useCases.PlannedAction, PlannedAction>> = {
  none: PlannedAction.NONE,
  create: PlannedAction.CREATE,
  "replace-start-first": PlannedAction.REPLACE_START_FIRST,
  "replace-stop-first": PlannedAction.REPLACE_STOP_FIRST,
  start: PlannedAction.START,
  stop: PlannedAction.STOP,
  remove: PlannedAction.REMOVE,
  refused: PlannedAction.REFUSED,
};

type DeployRpcs = Pick<ServiceImpl<typeof McpAgentService>, "deploy" | "plan" | "rollback">;

export function deployRpcs(deps: AgentServiceDeps): DeployRpcs {
  const { deploys } = deps.useCases;
  return {
    async deploy(request, context) {
      const begun = await deploys.deploy(calledBy(context), {
        ...wish(request),
        requestId: parseRequestId(request.requestId),
        onFailure: wordOf("on_failure", ON_FAILURE, request.onFailure),
        pull: wordOf("pull", PULL, request.pull),
        ...given({ planToken: named("plan_token", request.planToken) }),
      });
      return await outcome(deps, begun, request.noWait, context);
    },
    async plan(request) {
      const { token, components } = await deploys.plan(wish(request));
      return {
        planToken: token,
        components: components.map(({ action, diffs, ...rest }) => ({
          ...rest,
          action: ACTIONS[action],
          diffs: diffs.map((diff) => ({ ...diff })),
        })),
      };
    },
    async rollback(request, context) {
      const begun = await deploys.rollback(calledBy(context), {
        service: required("service_name", request.serviceName),
        requestId: parseRequestId(request.requestId),
        ...given({
          component: named("component", request.component),
          to: request.to === 0n ? undefined : safeNumber("to", request.to),
        }),
      });
      return await outcome(deps, begun, request.noWait, context);
    },
  };
}

interface Wished {
  readonly spec?: ServiceSpec | undefined;
  readonly serviceName: string;
  readonly component: string;
}

function wish({ spec, serviceName, component }: Wished): Pick<useCases.DeployInput, "what" | "component"> {
  if (spec !== undefined && serviceName !== "" && serviceName !== spec.name) {
    throw refused(`service_name is ${serviceName}, and the spec is of ${spec.name}: send one of them`);
  }
  const what = spec === undefined ? { service: required("service_name", serviceName) } : { definition: fromSpec(spec) };
  return { what, ...given({ component: named("component", component) }) };
}

/** How an operation has ended, or how far it is where the caller does not wait. It goes on whatever becomes of the caller. */
export async function outcome(deps: AgentServiceDeps, begun: useCases.BegunOperation, noWait: boolean, { signal }: HandlerContext) {
  return reportMessage(noWait ? await deps.useCases.status.operation(begun.id) : await begun.finished(signal));
}
