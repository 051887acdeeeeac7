import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ProcessVitals } from "../gateway/metrics/prometheus/process-gauges.ts";

/** How often the event loop is looked at: a fifth of a percent of a core. */
const RESOLUTION_MS = 20;
const SECOND_US = 1e6;
const SECOND_NS = 1e9;

/** Watches this process until `stop`; each reading tells the event loop's lag since the one before. */
export function watchProcess(): { read(): ProcessVitals; stop(): void } {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  const startedAt = Date.now() / 1000 - process.uptime();
  const read = (): ProcessVitals => {
    const { user, system } = process.cpuUsage();
    const loopLag = { median: lag.percentile(50) / SECOND_NS, p99: lag.percentile(99) / SECOND_NS, max: lag.max / SECOND_NS };
    lag.reset();
    return {
      cpuSeconds: (user + system) / SECOND_US,
      residentBytes: process.memoryUsage.rss(),
      startedAt,
      openDescriptors: openDescriptors(),
      loopLag,
    };
  };
  return { read, stop: () => void lag.disable() };
}

/** Linux tells; elsewhere nobody does. */
function openDescriptors(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}
