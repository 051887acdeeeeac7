/** What the suite says of one check, the worst first. */
const STATUSES = ["FAILURE", "WARNING", "SKIPPED", "SUCCESS", "INFO"] as const;

export type Status = (typeof STATUSES)[number];

/** One entry of a `checks.json`, as far as it is read here. */
export interface Check {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
}

/** By scenario, and in it by check, named `id (Name)`. */
export type Verdicts = Readonly<Record<string, Readonly<Record<string, Status>>>>;

/** The verdict on each check of a scenario; of one that was made several times, the worst. */
export function verdictsOf(checks: readonly Check[]): Record<string, Status> {
  const verdicts: Record<string, Status> = {};
  for (const { id, name, status } of checks) {
    const label = `${id} (${name})`;
    const known = verdicts[label];
    if (known === undefined || STATUSES.indexOf(status) < STATUSES.indexOf(known)) verdicts[label] = status;
  }
  return verdicts;
}

/** The checks with one of these statuses, as `scenario: id (Name)`. */
export function checksThatAre(verdicts: Verdicts, statuses: readonly Status[]): string[] {
  return Object.entries(verdicts).flatMap(([scenario, checks]) =>
    Object.entries(checks).flatMap(([check, status]) => (statuses.includes(status) ? [`${scenario}: ${check}`] : [])),
  );
}
