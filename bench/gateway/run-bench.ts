import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GroupResult, runGroup } from "./groups/group.ts";
import { httpGroup } from "./groups/http-group.ts";
import { stdioGroup } from "./groups/stdio-group.ts";
import { findProgram } from "./machine/find-program.ts";
import { readMachineFacts } from "./machine/machine-facts.ts";
import type { BenchOptions } from "./options.ts";
import type { BenchReport } from "./report/bench-report.ts";
import { compareRows } from "./report/compare.ts";
import { PEERS } from "./targets/install-peers.ts";

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
  const { targets, rows, memory, notMeasured } = await measureGroups(options, run);
  return {
    startedAt: startedAt.toISOString(),
    tookSeconds: (Date.now() - startedAt.getTime()) / 1000,
    options,
    // The peers may have been installed meanwhile.
    machine: { ...machine, versions: readMachineFacts(run.root, PEERS).versions },
    targets: targets.map(({ upstream, name, how }) => ({ upstream, name, how })),
    rows,
    comparisons: compareRows(rows),
    memory,
    notMeasured,
  };
}

async function measureGroups(options: BenchOptions, run: BenchRun): Promise<GroupResult> {
  if (findProgram("wrk") === undefined)
    return nothing("everything", "wrk, the load generator, is not installed (Debian: apt-get install wrk)");
  const scratch = await mkdtemp(join(tmpdir(), "mcpctl-bench-"));
  const cores = options.pin ? { loadCore: 0, proxyCore: 1 } : { loadCore: undefined, proxyCore: undefined };
  const context = { ...run, ...cores, scratch };
  try {
    const http = await runGroup(httpGroup(options), context);
    const stdio = await runGroup(stdioGroup(options), context);
    return joined(http, stdio);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function nothing(name: string, reason: string): GroupResult {
  return { targets: [], rows: [], memory: [], notMeasured: [{ name, reason }] };
}

function joined(first: GroupResult, second: GroupResult): GroupResult {
  return {
    targets: [...first.targets, ...second.targets],
    rows: [...first.rows, ...second.rows],
    memory: [...first.memory, ...second.memory],
    notMeasured: [...first.notMeasured, ...second.notMeasured],
  };
}
