import type { ServiceImpl } from "@connectrpc/connect";
import type { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { given } from "../../core/given.ts";
import type { ServiceView } from "../agent-use-cases.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { operationMessage, reportMessage } from "./operation-message.ts";
import { named, required } from "./request-field.ts";
import { driftMessage, eventMessage, serviceMessage } from "./state-message.ts";
import { parseTimestamp } from "./time-message.ts";

const DAY_MS = 24 * 3_600_000;
const EVENTS = { usual: 50, most: 1000 };
const OPERATIONS = { usual: 20, most: 200 };

type StatusRpcs = Pick<
  ServiceImpl<typeof McpAgentService>,
  "listServices" | "liveCheck" | "getServiceStatus" | "getOperation" | "listOperations"
>;

export function statusRpcs({ useCases: { status }, clock }: AgentServiceDeps): StatusRpcs {
  const messages = (views: readonly ServiceView[]) => views.map((view) => serviceMessage(view, clock.now()));
  return {
    async listServices({ serviceName }) {
      return { services: messages(await status.list(named("service_name", serviceName))) };
    },
    async liveCheck({ serviceName }) {
      const { services, runtimeError } = await status.live(named("service_name", serviceName));
      return { services: messages(services), runtimeError };
    },
    async getServiceStatus({ serviceName, eventsSince, maxEvents }) {
      const service = named("service_name", serviceName);
      const since = parseTimestamp("events_since", eventsSince) ?? new Date(clock.now().getTime() - DAY_MS);
      const { services, runtimeError } = await status.live(service);
      const [drift, events] = await Promise.all([
        status.drift(service),
        status.events({ since, newest: upTo(EVENTS, maxEvents), ...given({ service }) }),
      ]);
      return { services: messages(services), runtimeError, drift: drift.map(driftMessage), events: events.map(eventMessage) };
    },
    async getOperation({ operationId }) {
      return reportMessage(await status.operation(required("operation_id", operationId)));
    },
    async listOperations({ serviceName, limit }) {
      const service = named("service_name", serviceName);
      const reports = await status.operations({ limit: upTo(OPERATIONS, limit), ...given({ service }) });
      return { operations: reports.map(operationMessage) };
    },
  };
}

function upTo({ usual, most }: { readonly usual: number; readonly most: number }, asked: number): number {
  return asked === 0 ? usual : Math.min(asked, most);
}
