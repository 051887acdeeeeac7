import type { FetchLike } from "../../mcp/client/fetch-like.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { runtimeCanceled } from "../../runtime/runtime-errors.ts";

/** A running server that is looked at. */
export interface Subject {
  /** The container's name. */
  readonly name: string;
  /** Its MCP endpoint as it is reached from here. */
  readonly url: string;
  readonly token: string | undefined;
  /** Of another principal. */
  readonly otherToken: string | undefined;
  /** A tool to call; undefined: those that say that they only read and want no arguments. */
  readonly tool: { readonly name: string; readonly args: Readonly<Record<string, unknown>> } | undefined;
  /** For each request. */
  readonly timeoutMs: number;
}

export interface VerifyDeps {
  readonly runtime: Runtime;
  readonly fetch: FetchLike;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
  readonly now: () => Date;
  /** Hears what is being done, one line for each step. */
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Tells what comes next, unless it is to end here: then it throws `canceled`/`RUNTIME_CALL_CANCELED`. */
export function nextStep({ onProgress, signal }: Pick<VerifyDeps, "onProgress" | "signal">, line: string): void {
  if (signal.aborted) throw runtimeCanceled(signal);
  onProgress(line);
}
