import { AppError } from "../../../src/core/app-error.ts";
import { type ProcessCost, readProcessCost } from "../machine/process-tree.ts";
import type { Attempt } from "../targets/attempt.ts";
import { STDIO_FIXTURE, type Target } from "../targets/target.ts";
import { type Load, runWrk, type WrkTotals } from "./run-wrk.ts";
import { countErrors, learnRightAnswer, type RightAnswer, type Sample, toSample } from "./sample.ts";
import type { ToolCall } from "./tool-call.ts";

/** One call at some concurrencies, measured at several targets in turn. */
export interface Series {
  /** What stands behind the proxies: rows are compared only where it is the same. */
  readonly upstream: Upstream;
  readonly call: ToolCall;
  readonly connections: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  /** Load before the first round, beyond the second in which answers are read; 0 for none. */
  readonly warmUpSeconds: number;
}

export type Upstream = "HTTP" | "stdio" | "50 servers" | "20 servers" | "workers";

/** The samples of one target at one concurrency, one for each round. */
export interface Row {
  readonly upstream: Upstream;
  readonly call: string;
  readonly connections: number;
  readonly target: string;
  readonly samples: readonly Sample[];
}

export interface LoadContext {
  readonly signal: AbortSignal;
  readonly loadCore: number | undefined;
  /** Called with one line for each step, for people who wait. */
  readonly progress: (line: string) => void;
}

/** A target with an open session. */
export interface OpenTarget {
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
}

interface WarmTarget extends OpenTarget {
  readonly right: RightAnswer;
}

/**
 * Every target is warmed up with all its answers read, and left out where one is wrong; then the
 * rounds run A B C A B C, so that whatever else the machine does meets all targets alike.
 */
export async function measureSeries(
  series: Series,
  open: readonly OpenTarget[],
  attempt: Attempt,
  context: LoadContext,
): Promise<readonly Row[]> {
  const live = new Set<WarmTarget>();
  for (const target of open) {
    const warm = await attempt(`${target.target.name}, ${series.call.name}`, () => warmUp(series, target, context));
    if (warm !== undefined) live.add(warm);
  }
  const rows: Row[] = [];
  for (const connections of series.connections) rows.push(...(await measureAt(connections, series, live, attempt, context)));
  return rows;
}

/**
 * At the largest concurrency that is measured: mixed-up answers show only where calls overlap, and a
 * just-in-time compiler needs tens of thousands of calls before its figures stand still.
 */
async function warmUp(series: Series, open: OpenTarget, context: LoadContext): Promise<WarmTarget> {
  const connections = Math.max(...series.connections);
  context.progress(`${series.call.name}: warming up ${open.target.name}`);
  const totals = await load(series, open, { connections, seconds: 1, verify: true }, context);
  const wrong = countErrors(totals);
  if (totals.requests > 0 && wrong === 0) {
    if (series.warmUpSeconds > 0) await load(series, open, { connections, seconds: series.warmUpSeconds, verify: false }, context);
    return { ...open, right: learnRightAnswer(totals, connections) };
  }
  const sight =
    totals.firstWrong === ""
      ? `${totals.timeout} timeouts, ${totals.connect + totals.read + totals.write} socket errors`
      : totals.firstWrong;
  throw new AppError(
    "unavailable",
    "BENCH_WRONG_ANSWERS",
    `at c=${connections} ${wrong} of ${totals.requests} answers were wrong: ${sight}`,
  );
}

/** A target that fails in a round is out for the rest: its rounds would no longer pair with the others'. */
async function measureAt(
  connections: number,
  series: Series,
  live: Set<WarmTarget>,
  attempt: Attempt,
  context: LoadContext,
): Promise<readonly Row[]> {
  const samples = new Map([...live].map((target) => [target, [] as Sample[]]));
  for (let round = 1; round <= series.rounds; round++) {
    context.progress(`${series.call.name}: c=${connections}, round ${round} of ${series.rounds}`);
    for (const target of [...live]) {
      const label = `${target.target.name}, ${series.call.name}, c=${connections}, round ${round}`;
      const sample = await attempt(label, () => measureOnce(connections, series, target, context));
      if (sample === undefined) live.delete(target);
      else samples.get(target)?.push(sample);
    }
  }
  const measured = [...samples].filter(([, taken]) => taken.length > 0);
  const row = { upstream: series.upstream, call: series.call.name, connections };
  return measured.map(([{ target }, taken]) => ({ ...row, target: target.name, samples: taken }));
}

async function measureOnce(connections: number, series: Series, open: WarmTarget, context: LoadContext): Promise<Sample> {
  const before = costOf(open.target);
  const totals = await load(series, open, { connections, seconds: series.seconds, verify: false }, context);
  const after = costOf(open.target);
  if (after.residentKiB === 0) throw new AppError("unavailable", "BENCH_TARGET_GONE", "it ended while it was measured");
  return toSample(totals, after.cpuUs - before.cpuUs, open.right, connections);
}

function load(
  series: Series,
  { target, headers }: OpenTarget,
  run: Pick<Load, "connections" | "seconds" | "verify">,
  context: LoadContext,
): Promise<WrkTotals> {
  const { url, toolPrefix, toolPrefixes = [toolPrefix] } = target;
  return runWrk({ url, toolPrefixes, headers, call: series.call, ...run, core: context.loadCore }, context.signal);
}

/** The fixture behind a stdio proxy is the same for all and no part of their cost; a proxy names it among its own arguments. */
export function costOf(target: Target): ProcessCost {
  return readProcessCost(target.pid, ([, script]) => script?.endsWith(STDIO_FIXTURE) ?? false);
}
