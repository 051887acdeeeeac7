import type { ServiceImpl } from "@connectrpc/connect";
import { type McpAgentService, SyncChange } from "../../../gen/mcp/v1/mcp_pb.ts";
import { given } from "../../core/given.ts";
import { fromSpec } from "../../service-definition/from-spec.ts";
import type { AdoptResult, SyncResult } from "../agent-use-cases.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { calledBy } from "./called-by.ts";
import { named, required } from "./request-field.ts";
import { DESIRED } from "./state-message.ts";

const CHANGES: Readonly<Record<SyncResult["change"], SyncChange>> = {
  unchanged: SyncChange.UNCHANGED,
  created: SyncChange.CREATED,
  updated: SyncChange.UPDATED,
  failed: SyncChange.FAILED,
};

type AdoptionRpcs = Pick<ServiceImpl<typeof McpAgentService>, "syncDesiredState" | "adoptContainers" | "adoptContainer">;

export function adoptionRpcs({ useCases: { adoption } }: AgentServiceDeps): AdoptionRpcs {
  return {
    async syncDesiredState({ services }, context) {
      const { results, ignored } = await adoption.sync(
        calledBy(context),
        services.map((spec) => fromSpec(spec)),
      );
      return {
        results: results.map(({ service, change, details, error }) => ({
          serviceName: service,
          change: CHANGES[change],
          details: [...details],
          error,
        })),
        ignoredContainers: [...ignored],
      };
    },
    async adoptContainers({ serviceName }, context) {
      const results = await adoption.adopt(calledBy(context), required("service_name", serviceName));
      return { results: results.map(adoptMessage) };
    },
    async adoptContainer({ serviceName, container, component }, context) {
      const result = await adoption.adoptOne(calledBy(context), {
        service: required("service_name", serviceName),
        container: required("container", container),
        ...given({ component: named("component", component) }),
      });
      return { result: adoptMessage(result) };
    },
  };
}

function adoptMessage({ desired, ...result }: AdoptResult) {
  return { ...result, desiredState: DESIRED[desired] };
}
