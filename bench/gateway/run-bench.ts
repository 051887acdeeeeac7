import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureAggregate } from "./groups/aggregate.ts";
import { type GroupResult, runGroup } from "./groups/group.ts";
import { httpGroup } from "./groups/http-group.ts";
import { isolationGroup } from "./groups/isolation-group.ts";
import { measureSessions } from "./groups/sessions.ts";
import { stdioGroup } from "./groups/stdio-group.ts";
import { workersGroup } from "./groups/workers-group.ts";
import type { LoadContext } from "./load/measure-rounds.ts";
import { buildPrograms } from "./machine/built-programs.ts";
import { findProgram } from "./machine/find-program.ts";
import { readMachineFacts } from "./machine/machine-facts.ts";
import type { BenchOptions, BenchPart } from "./options.ts";
import type { BenchReport, SessionsReport } from "./report/bench-report.ts";
import { compareRows } from "./report/compare.ts";
import { compareMemory } from "./report/compare-memory.ts";
import { attemptInto } from "./targets/attempt.ts";
import { PEERS } from "./targets/install-peers.ts";
import type { NotMeasured, TargetContext } from "./targets/target.ts";

export interface BenchRun {
  /** The checkout. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** Measures everything that can be measured here. Leaves no process and no file behind, whatever happens. */
export async function runBench(options: BenchOptions, run: BenchRun): Promise<BenchReport> {
  const startedAt = new Date();
  const machine = readMachineFacts(run.root, PEERS);
  run.progress("the executable is built");
  await buildPrograms(run.root);
  const { targets, rows, memory, sessions, notMeasured } = await measureParts(options, run);
  return {
    startedAt: startedAt.toISOString(),
    tookSeconds: (Date.now() - startedAt.getTime()) / 1000,
    options,
    // The peers may have been installed meanwhile.
    machine: { ...machine, versions: readMachineFacts(run.root, PEERS).versions },
    targets: targets.map(({ upstream, name, how }) => ({ upstream, name, how })),
    rows,
    comparisons: [...compareRows(rows), ...compareMemory(memory, sessions)],
    memory,
    sessions,
    notMeasured,
  };
}

interface Measured extends GroupResult {
  readonly sessions: SessionsReport | undefined;
}

async function measureParts(options: BenchOptions, run: BenchRun): Promise<Measured> {
  const result: Measured = { targets: [], rows: [], memory: [], sessions: undefined, notMeasured: [] };
  if (findProgram("wrk") === undefined) {
    const reason = "wrk, the load generator, is not installed (Debian: apt-get install wrk)";
    return { ...result, notMeasured: [{ name: "everything", reason }] };
  }
  const scratch = await mkdtemp(join(tmpdir(), "mcpctl-bench-"));
  const cores = options.pin ? { loadCore: 0, proxyCore: 1 } : { loadCore: undefined, proxyCore: undefined };
  try {
    return await measureEach(options, { ...run, ...cores, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measureEach(options: BenchOptions, context: Omit<TargetContext, "release"> & LoadContext): Promise<Measured> {
  const measure: Readonly<Record<Exclude<BenchPart, "sessions">, () => Promise<GroupResult>>> = {
    http: () => runGroup(httpGroup(options), context),
    stdio: () => runGroup(stdioGroup(options), context),
    many: () => measureAggregate(options, context),
    isolation: () => runGroup(isolationGroup(options), context),
    workers: () => runGroup(workersGroup(options), context),
  };
  const results: GroupResult[] = [];
  for (const part of options.only) if (part !== "sessions") results.push(await measure[part]());
  const notMeasured: NotMeasured[] = [];
  const attempt = attemptInto(notMeasured, "HTTP", context.signal);
  const sessions = options.only.includes("sessions") ? await attempt("sessions", () => measureSessions(context)) : undefined;
  return {
    targets: results.flatMap(({ targets }) => targets),
    rows: results.flatMap(({ rows }) => rows),
    memory: results.flatMap(({ memory }) => memory),
    sessions,
    notMeasured: [...results.flatMap((result) => result.notMeasured), ...notMeasured],
  };
}
