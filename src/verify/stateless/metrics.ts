import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { BasicCalls, WritesView } from "./observations.ts";

export interface ToolTime {
  readonly tool: string;
  readonly calls: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

/** What a verification measured. Null is not measured. */
export interface Metrics {
  /** From the start of the container to the first answer. */
  readonly startupMs: number | null;
  readonly tools: readonly ToolTime[];
  readonly memory: { readonly peakBytes: number; readonly meanBytes: number; readonly samples: number };
  /** `outside` are paths beyond tmpfs; `inTmpfs` null where tmpfs cannot be read from here. */
  readonly writes: { readonly outside: readonly string[]; readonly inTmpfs: readonly string[] | null };
  readonly durationMs: number;
}

export function toolTimes(calls: BasicCalls["calls"]): readonly ToolTime[] {
  const names = [...new Set(calls.map(({ tool }) => tool))];
  return names.map((tool) => {
    const times = calls.filter((call) => call.tool === tool).map(({ ms }) => ms);
    return { tool, calls: times.length, meanMs: tenths(mean(times)), maxMs: tenths(Math.max(...times)) };
  });
}

export function writesOf(writes: WritesView | undefined): Metrics["writes"] {
  const changes = [...(writes?.strict ?? []), ...(writes?.writable ?? [])];
  return { outside: [...new Set(changes.map(({ path }) => path))].sort(), inTmpfs: writes?.inTmpfs ?? null };
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const SAMPLE_MS = 150;

/** Measures a container's memory again and again until it is stopped. */
export class MemorySampler {
  readonly #bytes: number[] = [];
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;

  constructor(runtime: Pick<Runtime, "stats">, name: string) {
    this.#loop = this.#run(runtime, name);
  }

  /** `kernelPeak` is what the kernel has counted, which misses nothing between two samples. */
  async stop(kernelPeak: number | undefined): Promise<Metrics["memory"]> {
    this.#ended.abort();
    await this.#loop;
    const samples = this.#bytes.length;
    return { peakBytes: Math.max(kernelPeak ?? 0, ...this.#bytes), meanBytes: Math.round(mean(this.#bytes)), samples };
  }

  async #run(runtime: Pick<Runtime, "stats">, name: string): Promise<void> {
    while (!this.#ended.signal.aborted) {
      // One that is restarting has none for a moment.
      const [stats] = await runtime.stats([name]).catch(() => []);
      if (stats !== undefined && stats.memoryBytes > 0) this.#bytes.push(stats.memoryBytes);
      await waitOrAbort(SAMPLE_MS, this.#ended.signal);
    }
  }
}
