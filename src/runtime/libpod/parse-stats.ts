import { z } from "zod";
import type { ContainerStats } from "../runtime.ts";

const schema = z.object({
  Stats: z.array(z.object({ Name: z.string(), CPU: z.number(), MemUsage: z.number(), MemLimit: z.number(), PIDs: z.number() })).nullish(),
});

/** Empty of one that does not run: podman then has no figures, an error within its 200, or zeros (4.3.1). */
export function parseStats(value: unknown): readonly ContainerStats[] {
  const { data } = schema.safeParse(value);
  const measured = (data?.Stats ?? []).filter(({ PIDs, MemUsage }) => PIDs > 0 || MemUsage > 0);
  return measured.map(({ Name, CPU, MemUsage, MemLimit, PIDs }) => ({
    name: Name,
    cpuPercent: CPU,
    memoryBytes: MemUsage,
    memoryLimitBytes: MemLimit,
    pids: PIDs,
  }));
}
