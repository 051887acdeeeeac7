import { costOf, type LoadContext, measureSeries, type OpenTarget, type Row, type Series, type Upstream } from "../load/measure-rounds.ts";
import { openSession } from "../load/open-session.ts";
import { ReleaseStack } from "../machine/release-stack.ts";
import type { Memory } from "../report/bench-report.ts";
import { type Attempt, attemptInto } from "../targets/attempt.ts";
import type { NotMeasured, Target, TargetContext } from "../targets/target.ts";

/** Targets that are up at the same time and measured against each other. */
export interface Group {
  readonly name: Upstream;
  /** Starts what can be started. */
  readonly start: (context: TargetContext, attempt: Attempt) => Promise<readonly Target[]>;
  readonly series: readonly Series[];
}

export interface GroupResult {
  readonly targets: readonly (Target & { readonly upstream: Upstream })[];
  readonly rows: readonly Row[];
  readonly memory: readonly Memory[];
  readonly notMeasured: readonly NotMeasured[];
}

/** Runs a group and stops everything that it started. */
export async function runGroup(group: Group, context: Omit<TargetContext, "release"> & LoadContext): Promise<GroupResult> {
  const releases = new ReleaseStack();
  const notMeasured: NotMeasured[] = [];
  const attempt = attemptInto(notMeasured, group.name, context.signal);
  try {
    context.progress(`${group.name} upstream: starting`);
    const targets = await group.start({ ...context, release: (release) => releases.push(release) }, attempt);
    const open = await openAll(targets, attempt, context.signal);
    const rows: Row[] = [];
    for (const series of group.series) rows.push(...(await measureSeries(series, open, attempt, context)));
    return {
      targets: targets.map((target) => ({ ...target, upstream: group.name })),
      rows,
      memory: memoryOf(group.name, open),
      notMeasured,
    };
  } finally {
    await releases.releaseAll();
  }
}

async function openAll(targets: readonly Target[], attempt: Attempt, signal: AbortSignal): Promise<readonly OpenTarget[]> {
  const open: OpenTarget[] = [];
  for (const target of targets) {
    const headers = await attempt(target.name, () => openSession(target, signal));
    if (headers !== undefined) open.push({ target, headers });
  }
  return open;
}

/** One line for each process, under the name of its first target. */
function memoryOf(upstream: Upstream, open: readonly OpenTarget[]): readonly Memory[] {
  const firstOfEach = open.filter(({ target }, at) => open.findIndex((other) => other.target.pid === target.pid) === at);
  return firstOfEach.map(({ target }) => ({ upstream, target: target.name, residentKiB: costOf(target).residentKiB }));
}
