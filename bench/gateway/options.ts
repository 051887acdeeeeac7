import { parseArgs } from "node:util";
import { AppError } from "../../src/core/app-error.ts";

/** What one run of the bench is asked to do. */
export interface BenchOptions {
  /** A smoke run: one short round, few rows, peers only where they are installed already. */
  readonly quick: boolean;
  /** Length of one measured run of one target, whole seconds (wrk knows no shorter ones). */
  readonly seconds: number;
  /** How often every target is measured; ratios are taken inside a round. */
  readonly rounds: number;
  /** Where the JSON goes, relative to the checkout. */
  readonly out: string;
  /** Load generator and upstream on core 0, proxies on core 1. */
  readonly pin: boolean;
  /** What is measured; the rest is left out. */
  readonly only: readonly BenchPart[];
}

/** What can be measured by itself. A quick run has the first two. */
export const BENCH_PARTS = ["http", "stdio", "many", "isolation", "workers", "sessions"] as const;

export type BenchPart = (typeof BENCH_PARTS)[number];

export const USAGE = `Usage: npm run bench -- [--quick] [--only PARTS] [--seconds N] [--rounds N] [--pin | --no-pin] [--out FILE]

  --quick       one short round, under 25 s: shows that the bench works, not how fast the gateway is
  --only PARTS  some of http, stdio, many, isolation, workers and sessions, with commas between them
  --seconds N   length of one measured run (default 2)
  --rounds N    how often every target is measured, in turn (default 5)
  --pin         load generator and upstream on core 0, proxies on core 1
  --out FILE    where the JSON goes (default build/bench/gateway.json)`;

/** Throws `invalid`/`BENCH_OPTION_INVALID`. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const values = readFlags(args);
  const quick = values.quick === true;
  return {
    quick,
    seconds: positive("--seconds", values.seconds, quick ? 1 : 2),
    rounds: positive("--rounds", values.rounds, quick ? 1 : 5),
    out: values.out ?? "build/bench/gateway.json",
    pin: values.pin ?? false,
    only: partsOf(values.only, quick),
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        quick: { type: "boolean" },
        seconds: { type: "string" },
        rounds: { type: "string" },
        out: { type: "string" },
        pin: { type: "boolean" },
        only: { type: "string" },
      },
    }).values;
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

function partsOf(raw: string | undefined, quick: boolean): readonly BenchPart[] {
  if (raw === undefined) return quick ? BENCH_PARTS.slice(0, 2) : BENCH_PARTS;
  return raw.split(",").map((name) => {
    const part = BENCH_PARTS.find((known) => known === name.trim());
    if (part !== undefined) return part;
    throw new AppError("invalid", "BENCH_OPTION_INVALID", `--only takes ${BENCH_PARTS.join(", ")}, not '${name}'`, { hint: USAGE });
  });
}
