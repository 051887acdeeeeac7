import type { GatewayPolicy } from "../policy/gateway-policy.ts";
import { type Refusal, refuse } from "../refusal.ts";

export interface CallsAtOnceOptions {
  /** Calls in flight of all callers; 0 is no limit. */
  readonly max: number;
  /** The same of one caller. */
  readonly maxPerIdentity: number;
}

export function callsAtOnce(policy: Pick<GatewayPolicy, "limits">): CallsAtOnce {
  return new CallsAtOnce(callsAtOnceOptions(policy));
}

export function callsAtOnceOptions({ limits }: Pick<GatewayPolicy, "limits">): CallsAtOnceOptions {
  return { max: limits.maxConcurrentCalls, maxPerIdentity: limits.maxConcurrentCallsPerIdentity };
}

/** Counts calls in flight. It holds one number for each caller that has some. */
export class CallsAtOnce {
  #options: CallsAtOnceOptions;
  readonly #byIdentity = new Map<string, number>();
  #all = 0;

  constructor(options: CallsAtOnceOptions) {
    this.#options = options;
  }

  get now(): number {
    return this.#all;
  }

  /** Holds for the calls that come from now on; those that are in stay in, and count. */
  configure(options: CallsAtOnceOptions): void {
    this.#options = options;
  }

  /** Lets a call in, or says why not. Whoever was let in calls `leave` once. */
  enter(identity: string): Refusal | undefined {
    const { max, maxPerIdentity } = this.#options;
    const own = this.#byIdentity.get(identity) ?? 0;
    if (maxPerIdentity > 0 && own >= maxPerIdentity) return busy(`This caller has ${own} calls in flight, and may have no more`);
    if (max > 0 && this.#all >= max) return busy(`The gateway has ${this.#all} calls in flight, and takes no more`);
    this.#byIdentity.set(identity, own + 1);
    this.#all += 1;
    return undefined;
  }

  leave(identity: string): void {
    const own = this.#byIdentity.get(identity) ?? 0;
    if (own <= 1) this.#byIdentity.delete(identity);
    else this.#byIdentity.set(identity, own - 1);
    this.#all -= 1;
  }
}

function busy(message: string): Refusal {
  return refuse("rate_limited", message, { "retry-after": "1" });
}
