import { Counter, Gauge, Registry } from "prom-client";
import type { TaskState } from "../../../api/dispatch-task.ts";
import { VERSION } from "../../../core/version.ts";
import type { FinishedRequest } from "../../audit/finished-request.ts";
import type { GatewayMetrics } from "../gateway-metrics.ts";
import type { GatewayVitals } from "../gateway-vitals.ts";
import { RequestCounts } from "../request-counts.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { type ProcessVitals, registerProcess } from "./process-gauges.ts";
import { type TaskCounts, TaskMetrics } from "./task-metrics.ts";
import { registerVitals } from "./vitals-gauges.ts";

/** Audit events on their way to the log. */
export interface AuditBacklog {
  readonly waiting: number;
  /** Since the start. */
  readonly dropped: number;
}

/** What is read whenever the metrics are. */
export interface MetricsSources {
  readonly vitals: () => GatewayVitals;
  readonly audit: () => AuditBacklog;
  readonly process: () => ProcessVitals;
  /** Of the installation's dispatched calls; undefined where this process keeps none. */
  readonly tasks: () => Promise<TaskCounts | undefined>;
}

/** Labels of our own words; more of them than this are a mistake of ours, and counted as one. */
const MAX_WORDS = 50;

/** A gateway's metrics in the text format of Prometheus. Nothing in it is named by a client: labels are of fixed sets, or servers that exist. */
export class PrometheusMetrics implements GatewayMetrics {
  readonly #registry = new Registry();
  readonly #requests = new RequestCounts();
  readonly #limiterFailures = new Map<string, number>();
  readonly #restarts = new Map<string, number>();
  #streamsCut = 0;
  readonly #sources: MetricsSources;
  readonly #tasks: TaskMetrics;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    this.#registerRequests();
    this.#registerEvents();
    registerVitals(this.#registry, sources.vitals);
    registerProcess(this.#registry, sources.process);
    this.#tasks = new TaskMetrics(this.#registry, sources.tasks);
    new Gauge({ name: "mcpctl_build_info", help: "1, with the version", labelNames: ["version"], registers: [this.#registry] }).set(
      { version: VERSION },
      1,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  requestFinished(request: FinishedRequest): void {
    this.#requests.add(request);
  }

  limiterFailed(limiter: string): void {
    count(this.#limiterFailures, this.#limiterFailures.size < MAX_WORDS || this.#limiterFailures.has(limiter) ? limiter : "other");
  }

  childRestarted(server: string): void {
    count(this.#restarts, server);
  }

  streamCut(): void {
    this.#streamsCut += 1;
  }

  taskEnded(state: TaskState, latencyMs: number): void {
    this.#tasks.ended(state, latencyMs);
  }

  /** All of them as they are now. */
  render(): Promise<string> {
    const servers = new Set(this.#sources.vitals().servers.map(({ handle }) => handle));
    this.#requests.keep(servers);
    for (const server of this.#restarts.keys()) if (!servers.has(server)) this.#restarts.delete(server);
    return this.#registry.metrics();
  }

  #registerRequests(): void {
    const requests = this.#requests;
    this.#counter("mcpctl_gateway_requests_total", "Requests that are over", ["server", "method", "outcome", "code", "status"], (set) => {
      for (const { count: value, ...labels } of requests.outcomes()) set(labels, value);
    });
    this.#counter("mcpctl_gateway_rate_limited_total", "Requests that were refused because there were too many", ["server"], (set) => {
      for (const { server, code, count: value } of requests.outcomes()) if (code === "rate_limited") set({ server }, value);
    });
    const histogram = new DurationHistogram("mcpctl_gateway_request_duration_seconds", "From a request's arrival to its answer", () =>
      requests.durations(),
    );
    histogram.registerIn(this.#registry);
  }

  #registerEvents(): void {
    const { audit } = this.#sources;
    this.#counter("mcpctl_gateway_limiter_failures_total", "Times a limiter could not decide", ["limiter"], (set) => {
      for (const [limiter, value] of this.#limiterFailures) set({ limiter }, value);
    });
    this.#counter("mcpctl_gateway_child_restarts_total", "Times a server's process was started again", ["server"], (set) => {
      for (const [server, value] of this.#restarts) set({ server }, value);
    });
    this.#counter("mcpctl_gateway_streams_cut_total", "Streams that were ended because of a slow reader", [], (set) => {
      set({}, this.#streamsCut);
    });
    this.#counter("mcpctl_audit_events_dropped_total", "Audit events that were lost", [], (set) => set({}, audit().dropped));
    const waiting = { name: "mcpctl_audit_events_waiting", help: "Audit events that are not written yet" };
    new Gauge({
      ...waiting,
      registers: [this.#registry],
      collect() {
        this.set(audit().waiting);
      },
    });
  }

  /** A counter that is added up elsewhere and read when the metrics are. */
  #counter(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: (labels: Record<string, string>, value: number) => void) => void,
  ): void {
    new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        read((labels, value) => this.inc(labels, value));
      },
    });
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
