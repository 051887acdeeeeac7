import { AppError } from "../../core/app-error.ts";
import type { Era } from "../classify.ts";
import type { ClientRequest } from "./client-line.ts";

/**
 * One line of the client that waits for its answers.
 *
 * States: waiting → done, when its last request is answered or given up; `abort` ends its way to the server in any state.
 */
export class Exchange {
  readonly method: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly era: Era;
  readonly text: string;
  /** Something came before the answer. */
  heard = false;
  /** The requests that still wait, by `idKey`, with the id as JSON text. */
  readonly waiting: Map<string, string>;
  readonly #way = new AbortController();

  constructor({ method, params, era, text, ids }: ClientRequest) {
    this.method = method;
    this.params = params;
    this.era = era;
    this.text = text;
    this.waiting = new Map(ids);
  }

  get done(): boolean {
    return this.waiting.size === 0;
  }

  /** Aborted, with an AppError, when nobody waits for the server any more. */
  get signal(): AbortSignal {
    return this.#way.signal;
  }

  abort(reason: AppError): void {
    this.#way.abort(reason);
  }
}

export interface InFlightLimits {
  /** Requests that wait for an answer at the same time. */
  readonly maxInFlight: number;
  /** Bytes of text that they hold, in UTF-16 units. */
  readonly maxInFlightUnits: number;
}

/** What the client waits for. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #byKey = new Map<string, Exchange>();
  #units = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /** Takes a line in, or says why it is not carried out: `conflict`/`ID_IN_USE`, `exhausted`/`BRIDGE_BUSY`. */
  begin(request: ClientRequest): Exchange | AppError {
    const { maxInFlight, maxInFlightUnits } = this.#limits;
    if ([...request.ids.keys()].some((key) => this.#byKey.has(key))) {
      return new AppError("conflict", "ID_IN_USE", "A request with this id is in flight");
    }
    if (this.#byKey.size + request.ids.size > maxInFlight || this.#units + request.text.length > maxInFlightUnits) {
      return new AppError("exhausted", "BRIDGE_BUSY", `Too much is in flight: ${this.#byKey.size} requests wait for their answers`);
    }
    const exchange = new Exchange(request);
    for (const key of exchange.waiting.keys()) this.#byKey.set(key, exchange);
    this.#units += exchange.text.length;
    return exchange;
  }

  get(key: string): Exchange | undefined {
    return this.#byKey.get(key);
  }

  /** Nothing waits for this request any more. Returns its id as JSON text; undefined where nothing did. */
  settle(key: string): string | undefined {
    const exchange = this.#byKey.get(key);
    const idText = exchange?.waiting.get(key);
    if (exchange === undefined || idText === undefined) return undefined;
    this.#byKey.delete(key);
    exchange.waiting.delete(key);
    if (exchange.done) this.#units -= exchange.text.length;
    return idText;
  }

  /** The lines that wait now, each once. */
  exchanges(): ReadonlySet<Exchange> {
    return new Set(this.#byKey.values());
  }
}
