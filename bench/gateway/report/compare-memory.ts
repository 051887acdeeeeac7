import type { Memory, SessionsReport } from "./bench-report.ts";
import { atMost, type Comparison } from "./compare.ts";
import { median } from "./statistics.ts";

/** What many servers may cost: 120 MiB. */
const MANY_SERVERS_KIB = 120 * 1024;
/** Memory that is flat grows by less than this share, noise and all. */
const FLAT = 1.1;
/** Rounds of sessions until the gateway holds as many as it ever does, which it does after four, and its heap has grown around them. */
export const SETTLED_AFTER = 8;
const LAST = 3;

/** What is held to a bound of its own, and to what it was before. */
export function compareMemory(memory: readonly Memory[], sessions: SessionsReport | undefined): readonly Comparison[] {
  const many = memory.filter(({ upstream, target }) => upstream === "50 servers" && target === "gateway");
  const side = { call: "resident memory", connections: 1, target: "gateway" } as const;
  const bounded = many.map(({ upstream, residentKiB }): Comparison => {
    const spread = { median: residentKiB, low: residentKiB, high: residentKiB };
    return { ...side, upstream, against: "its budget", unit: "KiB", spread, goal: atMost(MANY_SERVERS_KIB, residentKiB) };
  });
  if (sessions === undefined) return bounded;
  const { residentKiB } = sessions;
  const before = residentKiB.slice(SETTLED_AFTER, -LAST);
  const growths = residentKiB.slice(-LAST).map((value) => value / median(before));
  const spread = { median: median(growths), low: Math.min(...growths), high: Math.max(...growths) };
  const against = `its rounds ${SETTLED_AFTER + 1} to ${residentKiB.length - LAST}`;
  return [...bounded, { ...side, upstream: "HTTP", against, unit: "times the memory", spread, goal: atMost(FLAT, spread.median) }];
}
