import { WATCH_LIMITS } from "../../src/agent/monitor/monitor-settings.ts";
import type { Figure } from "../access/measure.ts";
import { extrapolated } from "./slope.ts";
import type { WatchCost } from "./watch-cost.ts";

/** What the agent is held to at this many containers. */
const MANY = 1000;
const CPU_BUDGET = { limit: 2, is: "at most" } as const;
const MEMORY_BUDGET = { limit: 90, is: "at most" } as const;

type Read = Exclude<keyof WatchCost, "containers">;

/**
 * What was measured at each number of containers, and, where none of them has a thousand, what the line through them says of a
 * thousand. Up to so many containers as are looked at whole each time one more costs a whole look; beyond, a line of a list. So the line
 * is that of numbers beyond.
 */
export function watchFigures(where: string, costs: readonly WatchCost[]): Figure[] {
  const rows = (what: string, read: Read, unit: Figure["unit"], budget?: Figure["budget"]): Figure[] => {
    const held = (at: number) => (budget === undefined || at < MANY ? {} : { budget });
    const measured = costs.map((cost): Figure => {
      return { what: `${what}, ${where}, ${cost.containers} containers`, rounds: [cost[read]], unit, ...held(cost.containers) };
    });
    const beyond = costs.filter(({ containers }) => containers >= WATCH_LIMITS.deepPerResync);
    if (beyond.length < 2 || beyond.some(({ containers }) => containers >= MANY)) return measured;
    const points = beyond.map((cost) => ({ at: cost.containers, value: cost[read] }));
    return [...measured, { what: `${what}, ${where}, extrapolated to ${MANY}`, rounds: [extrapolated(points, MANY)], unit, ...held(MANY) }];
  };
  const engine = costs.some(({ engineMegabytes }) => engineMegabytes > 0);
  return [
    ...rows("agent's processor time", "agentCpu", "% of a core", CPU_BUDGET),
    ...rows("agent's memory", "agentMegabytes", "MB", MEMORY_BUDGET),
    ...(engine ? rows("podman's service, processor time", "engineCpu", "% of a core") : []),
    ...(engine ? rows("podman's service, memory", "engineMegabytes", "MB") : []),
  ];
}
