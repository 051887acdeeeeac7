import { AppError } from "../../../src/core/app-error.ts";
import { findProgram } from "../machine/find-program.ts";
import { callBody, type ToolCall } from "./tool-call.ts";

/** One run of the load generator against one target. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly call: ToolCall;
  /** What stands before the tool's name; several are called in turn. */
  readonly toolPrefixes: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Read and check every answer; slower, so not for figures. */
  readonly verify: boolean;
  /** Core to stay on. */
  readonly core: number | undefined;
}

/** What wrk counted. Times are microseconds; `bytes` includes headers. */
export interface WrkTotals {
  readonly requests: number;
  readonly durationUs: number;
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Failed connects, reads and writes. */
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  /** Answers with a status of 400 and above. */
  readonly status: number;
  readonly timeout: number;
  /** Answers that were not the right one; counted only where every answer is read. */
  readonly wrong: number;
  /** Status and beginning of the first of them. */
  readonly firstWrong: string;
}

const SCRIPT = new URL("call.lua", import.meta.url).pathname;
const FIRST_ID = 1_000_000_000;
const IDS_PER_RUN = 5_000_000;
let runs = 0;

/** Throws `unavailable`/`BENCH_WRK_MISSING`, `BENCH_WRK_FAILED`, or the signal's reason. */
export async function runWrk(load: Load, signal: AbortSignal): Promise<WrkTotals> {
  const wrk = findProgram("wrk");
  if (wrk === undefined) throw new AppError("unavailable", "BENCH_WRK_MISSING", "wrk is not installed (Debian: apt-get install wrk)");
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const pinned = load.core === undefined ? [] : ["taskset", "-c", String(load.core)];
  const argv = [
    ...pinned,
    wrk,
    "-t1",
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    "--timeout",
    "10s",
    ...headers,
    "-s",
    SCRIPT,
    load.url,
  ];
  const child = Bun.spawn({ cmd: argv, env: scriptEnvironment(load), stdout: "pipe", stderr: "pipe", signal });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  signal.throwIfAborted();
  return parseTotals(output) ?? failed(output + errors);
}

function scriptEnvironment(load: Load): Record<string, string> {
  // Ids are never used twice in one bench: a proxy may still hold a call that the last run left behind.
  const firstId = FIRST_ID + (runs++ % 1600) * IDS_PER_RUN;
  return {
    BENCH_BODIES: load.toolPrefixes.map((prefix) => callBody(load.call, prefix)).join("\n"),
    BENCH_FIRST_ID: String(firstId),
    BENCH_EXPECT: load.call.expect,
    BENCH_MIN_BYTES: String(load.call.minBodyBytes),
    BENCH_VERIFY: load.verify ? "1" : "0",
  };
}

function parseTotals(output: string): WrkTotals | undefined {
  const line = /^BENCH (\{.*\})$/m.exec(output)?.[1];
  return line === undefined ? undefined : (JSON.parse(line) as WrkTotals);
}

function failed(said: string): never {
  throw new AppError("unavailable", "BENCH_WRK_FAILED", `wrk gave no totals: ${said.trim().slice(-300)}`);
}
