import type { Status, Verdicts } from "./verdicts.ts";

/** What a check is where it should be something else; `absent` where it was not made. */
export type Seen = Status | "absent";

/** By `scenario: id (Name)`. */
export type Differences = Readonly<Record<string, Seen>>;

/** The checks of `seen` whose verdict is another than in `wanted`. What is only told, in either, is no verdict. */
export function differencesBetween(wanted: Verdicts, seen: Verdicts): Differences {
  const found: Record<string, Seen> = {};
  for (const scenario of new Set([...Object.keys(wanted), ...Object.keys(seen)])) {
    const before = wanted[scenario] ?? {};
    const now = seen[scenario] ?? {};
    for (const check of new Set([...Object.keys(before), ...Object.keys(now)])) {
      if (verdictOf(before[check]) !== verdictOf(now[check])) found[`${scenario}: ${check}`] = now[check] ?? "absent";
    }
  }
  return found;
}

function verdictOf(status: Status | undefined): Status | undefined {
  return status === "INFO" ? undefined : status;
}

/** The checks that are not as they should be, where every one should succeed. */
export function shortfalls(seen: Verdicts): Differences {
  const wanted = Object.entries(seen).map(([scenario, checks]) => {
    const succeeding = Object.entries(checks).map(([check, status]): [string, Status] => [check, status === "INFO" ? "INFO" : "SUCCESS"]);
    return [scenario, Object.fromEntries(succeeding)];
  });
  return differencesBetween(Object.fromEntries(wanted), seen);
}
