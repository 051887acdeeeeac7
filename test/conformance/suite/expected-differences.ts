import { join } from "node:path";
import type { Differences, Seen } from "./differences.ts";

/** By scenario and check: what it is expected to be, and why it is not what it is in the run it is compared with. */
export type ExpectedDifferences = Readonly<Record<string, Readonly<Record<string, readonly [seen: Seen, reason: string]>>>>;

/** The file that lists what is expected to differ in a run. Where nothing is, there is none. */
export function expectedFile(run: string): string {
  return join(import.meta.dirname, "../expected", `${run}.json`);
}

export async function readExpected(run: string): Promise<ExpectedDifferences> {
  const file = Bun.file(expectedFile(run));
  return (await file.exists()) ? await file.json() : {};
}

/** The same without the reasons, as it is compared. */
export function withoutReasons(expected: ExpectedDifferences): Differences {
  return Object.fromEntries(flatten(expected).map(([check, [seen]]) => [check, seen]));
}

/** The checks that are listed without saying why. */
export function unexplained(expected: ExpectedDifferences): string[] {
  return flatten(expected).flatMap(([check, [, reason]]) => (/^[A-Z].+\.$/.test(reason) ? [] : [check]));
}

/** The list of what differs now, each with the reason that it had, or with none. */
export function listOf(differences: Differences, known: ExpectedDifferences): ExpectedDifferences {
  const list: Record<string, Record<string, readonly [Seen, string]>> = {};
  for (const [key, seen] of Object.entries(differences).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [scenario = "", check = ""] = splitKey(key);
    list[scenario] = { ...list[scenario], [check]: [seen, known[scenario]?.[check]?.[1] ?? ""] };
  }
  return list;
}

function flatten(expected: ExpectedDifferences): [string, readonly [Seen, string]][] {
  return Object.entries(expected).flatMap(([scenario, checks]) =>
    Object.entries(checks).map(([check, entry]): [string, readonly [Seen, string]] => [`${scenario}: ${check}`, entry]),
  );
}

function splitKey(key: string): readonly string[] {
  const colon = key.indexOf(": ");
  return [key.slice(0, colon), key.slice(colon + 2)];
}
