import { systemTiming } from "../../src/agent/monitor/timing.ts";
import { operationReport } from "../../src/agent/operation/operation-report.ts";
import { openSqliteRegistry } from "../../src/agent/registry/sqlite/sqlite-registry.ts";
import { NodeStatus } from "../../src/agent/status/node-status.ts";
import type { Figure } from "../access/measure.ts";
import { quantile } from "./quantile.ts";

/** How long the list takes in the agent itself, from the registry's file to values. */
export async function listLatency(registryFile: string, components: number, calls: number): Promise<Figure> {
  const registry = openSqliteRegistry(registryFile);
  try {
    const observer = { look: async () => "", drift: () => ({ diffs: [], since: undefined }) };
    const operations = { report: (id: string) => operationReport(registry, id), listen: () => () => {} };
    const status = new NodeStatus({ registry, observer, operations, timing: systemTiming });
    await status.list();
    const times: number[] = [];
    for (let call = 0; call < calls; call += 1) {
      const start = performance.now();
      const services = await status.list();
      times.push(performance.now() - start);
      const found = services.reduce((sum, service) => sum + service.components.length, 0);
      if (found !== components) throw new Error(`the list has ${found} components and not ${components}`);
    }
    return { what: `list (registry), in process, ${components} components, p50`, rounds: [quantile(times, 0.5)], unit: "ms" };
  } finally {
    await registry.close();
  }
}
