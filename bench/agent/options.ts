import { parseArgs } from "node:util";
import { AppError } from "../../src/core/app-error.ts";

/** What one run is asked to do. */
export interface AgentBenchOptions {
  /** A smoke run: few containers, short windows. */
  readonly quick: boolean;
  /** How many containers podman is given; removing many takes minutes. */
  readonly containers: number;
  /** How many a played podman says that it has. */
  readonly played: number;
  /** How long an agent that has nothing to do is watched. */
  readonly quietMs: number;
  /** How long it may take before to come to rest. */
  readonly settleMs: number;
  /** Deploys of each kind, in turn. */
  readonly deploys: number;
  /** How many containers are killed. */
  readonly kills: number;
  /** Calls of each RPC that is timed. */
  readonly calls: number;
  /** Where the JSON goes, relative to the checkout. */
  readonly out: string;
}

export const USAGE = `Usage: npm run bench:agent -- [--quick] [--containers N] [--seconds N] [--out FILE]

  --quick         under 25 s: shows that the bench works, its figures mean little
  --containers N  how many containers podman is given (default 120)
  --seconds N     how long an agent with nothing to do is watched (default 120)
  --out FILE      where the JSON goes (default build/bench/agent.json)`;

const FULL = { containers: 120, played: 1000, settleMs: 10_000, deploys: 15, kills: 40, calls: 200 } as const;
const QUICK = { containers: 4, played: 1000, settleMs: 300, deploys: 2, kills: 4, calls: 5 } as const;

/** Throws `invalid`/`BENCH_OPTION_INVALID`. */
export function parseAgentBenchOptions(args: readonly string[]): AgentBenchOptions {
  const values = readFlags(args);
  const quick = values.quick === true;
  const effort = quick ? QUICK : FULL;
  return {
    ...effort,
    quick,
    containers: positive("--containers", values.containers, effort.containers),
    quietMs: positive("--seconds", values.seconds, quick ? 1 : 60) * 1000,
    out: values.out ?? "build/bench/agent.json",
  };
}

function readFlags(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    return parseArgs({ args: [...args], options: { quick: { type: "boolean" }, containers: text, seconds: text, out: text } }).values;
  } catch (cause) {
    throw new AppError("invalid", "BENCH_OPTION_INVALID", cause instanceof Error ? cause.message : "Bad option", { cause, hint: USAGE });
  }
}

function positive(flag: string, raw: string | undefined, otherwise: number): number {
  if (raw === undefined) return otherwise;
  const value = Number(raw);
  if (Number.isInteger(value) && value > 0) return value;
  throw new AppError("invalid", "BENCH_OPTION_INVALID", `${flag} takes a whole number above zero, not '${raw}'`, { hint: USAGE });
}
