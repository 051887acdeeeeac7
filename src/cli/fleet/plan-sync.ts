import type { AgentClient } from "../../api/agent/agent-client.ts";
import { SyncChange, type SyncDesiredStateResponse } from "../../api/agent/contract.ts";
import { syncResponse } from "../../api/agent/sync-response.ts";
import { formatServiceDefinition } from "../../service-definition/format-service-definition.ts";
import { fromSpec } from "../../service-definition/from-spec.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { unifiedDiff } from "../apply/unified-diff.ts";

/** What a sync would answer, from what the registry has; it changes nothing. */
export async function planSync(agent: AgentClient, definitions: readonly ServiceDefinition[]): Promise<SyncDesiredStateResponse> {
  const { services } = await agent.call((rpc, options) => rpc.listServices({}, options));
  const known = new Map(services.flatMap(({ spec }) => (spec === undefined ? [] : [[spec.name, formatServiceDefinition(fromSpec(spec))]])));
  return syncResponse(
    definitions.map((definition) => {
      const [before, after] = [known.get(definition.name), formatServiceDefinition(definition)];
      if (before === undefined) return { serviceName: definition.name, change: SyncChange.CREATED, details: [] };
      if (before === after) return { serviceName: definition.name, change: SyncChange.UNCHANGED, details: [] };
      return { serviceName: definition.name, change: SyncChange.UPDATED, details: changedLines(before, after) };
    }),
  );
}

function changedLines(before: string, after: string): string[] {
  return unifiedDiff("", "", before, after)
    .split("\n")
    .slice(2)
    .filter((line) => /^[+-]\s*\S/.test(line))
    .map((line) => `${line[0]}${line.slice(1).trim()}`);
}
