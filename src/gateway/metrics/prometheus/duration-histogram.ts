import type { Metric, Registry } from "prom-client";
import { DURATION_BOUNDS_S, type DurationCount } from "../request-counts.ts";

interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName: string;
}

/** A histogram whose observations were added up elsewhere: the library's own takes them one by one alone. */
export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly #read: () => Iterable<DurationCount>;

  constructor(name: string, help: string, read: () => Iterable<DurationCount>) {
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  registerIn(registry: Registry): void {
    // All that a registry asks of a metric is its name and `get`.
    registry.registerMetric(this as unknown as Metric);
  }

  async get() {
    const { name, help, type } = this;
    return { name, help, type, values: [...this.#read()].flatMap((duration) => this.#valuesOf(duration)), aggregator: "sum" };
  }

  #valuesOf({ server, method, buckets, sumS, count }: DurationCount): Value[] {
    const labels = { server, method };
    let below = 0;
    const values = DURATION_BOUNDS_S.map((le, index): Value => {
      below += buckets[index] ?? 0;
      return { labels: { ...labels, le }, value: below, metricName: `${this.name}_bucket` };
    });
    return [
      ...values,
      { labels: { ...labels, le: "+Inf" }, value: count, metricName: `${this.name}_bucket` },
      { labels, value: sumS, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ];
  }
}
