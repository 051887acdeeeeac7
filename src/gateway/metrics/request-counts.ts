import type { FinishedRequest } from "../audit/finished-request.ts";
import { codeClass } from "./code-class.ts";
import { methodClass } from "./method-class.ts";

/** How long requests took, in seconds: most are under a millisecond, and some last as long as a call may. */
export const DURATION_BOUNDS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

export interface OutcomeCount {
  readonly server: string;
  readonly method: string;
  readonly outcome: string;
  readonly code: string;
  readonly status: string;
  readonly count: number;
}

export interface DurationCount {
  readonly server: string;
  readonly method: string;
  /** How many lie within each bound and not within the one before; those over the last one come last. */
  readonly buckets: Readonly<Float64Array>;
  readonly sumS: number;
  readonly count: number;
}

/** Of one method at one server. */
interface Cell {
  readonly buckets: Float64Array;
  sumS: number;
  count: number;
  /** Answered with 200: nearly all of them. */
  ok: number;
  /** The others by outcome, status and code, which hold no blanks. */
  readonly others: Map<string, number>;
}

/** Servers that are counted apart; what comes beyond counts for none until gone ones are forgotten. */
const MAX_SERVERS = 2000;

/**
 * Requests that are over, added up in plain numbers: what a metrics library takes to find the series of a set of labels
 * is paid when it is read and not on every request.
 */
export class RequestCounts {
  readonly #byServer = new Map<string, Map<string, Cell>>();

  /** A request of no server that exists counts for the server "". */
  add({ trail, server = "", outcome, code, status, durationMs }: FinishedRequest): void {
    const cell = this.#cellOf(server, methodClass(trail));
    const seconds = durationMs / 1000;
    let bucket = 0;
    while (bucket < DURATION_BOUNDS_S.length && seconds > (DURATION_BOUNDS_S[bucket] ?? 0)) bucket += 1;
    cell.buckets[bucket] = (cell.buckets[bucket] ?? 0) + 1;
    cell.sumS += seconds;
    cell.count += 1;
    if (outcome === "ok" && status === 200) {
      cell.ok += 1;
      return;
    }
    const key = `${outcome} ${status} ${codeClass(code)}`;
    cell.others.set(key, (cell.others.get(key) ?? 0) + 1);
  }

  *outcomes(): Iterable<OutcomeCount> {
    for (const [server, method, cell] of this.#cells()) {
      if (cell.ok > 0) yield { server, method, outcome: "ok", code: "ok", status: "200", count: cell.ok };
      for (const [key, count] of cell.others) {
        const [outcome = "", status = "", code = ""] = key.split(" ");
        yield { server, method, outcome, code, status, count };
      }
    }
  }

  *durations(): Iterable<DurationCount> {
    for (const [server, method, { buckets, sumS, count }] of this.#cells()) yield { server, method, buckets, sumS, count };
  }

  /** Forgets the servers that are gone. */
  keep(servers: ReadonlySet<string>): void {
    for (const server of this.#byServer.keys()) if (server !== "" && !servers.has(server)) this.#byServer.delete(server);
  }

  *#cells(): Iterable<[server: string, method: string, cell: Cell]> {
    for (const [server, byMethod] of this.#byServer) for (const [method, cell] of byMethod) yield [server, method, cell];
  }

  #cellOf(server: string, method: string): Cell {
    const byMethod = this.#byServer.get(server) ?? this.#begin(server);
    const known = byMethod.get(method);
    if (known !== undefined) return known;
    const cell = { buckets: new Float64Array(DURATION_BOUNDS_S.length + 1), sumS: 0, count: 0, ok: 0, others: new Map() };
    byMethod.set(method, cell);
    return cell;
  }

  #begin(server: string): Map<string, Cell> {
    if (server !== "" && this.#byServer.size > MAX_SERVERS) return this.#byServer.get("") ?? this.#begin("");
    const byMethod = new Map<string, Cell>();
    this.#byServer.set(server, byMethod);
    return byMethod;
  }
}
