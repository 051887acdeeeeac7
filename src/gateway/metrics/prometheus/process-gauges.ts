import { Counter, Gauge, type Registry } from "prom-client";

/** How this process stands now; only main can tell. */
export interface ProcessVitals {
  /** Processor time, of user and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  /** Undefined where the system does not tell. */
  readonly openDescriptors: number | undefined;
  /** How late the event loop came since this was last read, in seconds. */
  readonly loopLag: { readonly median: number; readonly p99: number; readonly max: number };
}

/** The metrics of the process, under the names that Prometheus clients have for them. */
export function registerProcess(registry: Registry, read: () => ProcessVitals): void {
  // Reading the event loop's lag begins it anew: one reading serves all.
  let now = read();
  const gauge = (name: string, help: string, valueIn: (vitals: ProcessVitals) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(valueIn(now));
      },
    });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time that was used, of user and system",
    registers: [registry],
    collect() {
      now = read();
      this.reset();
      this.inc(now.cpuSeconds);
    },
  });
  gauge("process_resident_memory_bytes", "Resident memory", ({ residentBytes }) => residentBytes);
  gauge("process_start_time_seconds", "When the process began, since the epoch", ({ startedAt }) => startedAt);
  if (now.openDescriptors !== undefined) gauge("process_open_fds", "Open file descriptors", ({ openDescriptors = 0 }) => openDescriptors);
  new Gauge({
    name: "mcpctl_event_loop_lag_seconds",
    help: "How late the event loop came since the last reading",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      this.set({ quantile: "0.5" }, now.loopLag.median);
      this.set({ quantile: "0.99" }, now.loopLag.p99);
      this.set({ quantile: "1" }, now.loopLag.max);
    },
  });
}
