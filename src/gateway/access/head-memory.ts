import type { Caller } from "../../core/caller.ts";
import type { GatewayPolicy } from "../policy/gateway-policy.ts";
import type { McpRoute } from "../route.ts";
import type { Scope } from "../scope.ts";

/** What a head depends on beside itself and its caller: while these are the same, it leads to the same. */
export interface HeadGround {
  readonly policy: GatewayPolicy;
  readonly limits: object;
  readonly served: { readonly epoch: number };
}

/** Where the head of a POST has led its caller. */
export interface KnownHead {
  readonly route: McpRoute;
  readonly caller: Caller;
  readonly scope: Scope;
  /** Longest body that may be read, in bytes. */
  readonly maxBytes: number;
}

interface Kept {
  readonly known: KnownHead;
  readonly policy: GatewayPolicy;
  readonly limits: object;
  readonly epoch: number;
}

/**
 * What was decided of a head that comes over and over: a client sends the same one with each call.
 *
 * It decides nothing. What the stages made of a head serves again where the head is the same and all that they looked at
 * is: the configuration, what is served, and the caller, who is found anew with each request and is another one after every
 * change of what the credential opens. It is forgotten with the head, and so with its connection.
 */
export class HeadMemory {
  readonly #kept = new WeakMap<object, Kept>();

  /** Undefined where it was not kept, or something may be another now. Whoever uses it compares the caller. */
  recall(head: object | undefined, { policy, limits, served }: HeadGround): KnownHead | undefined {
    const kept = head === undefined ? undefined : this.#kept.get(head);
    return kept?.policy === policy && kept.limits === limits && kept.epoch === served.epoch ? kept.known : undefined;
  }

  keep(head: object | undefined, { policy, limits, served }: HeadGround, known: KnownHead): void {
    if (head !== undefined) this.#kept.set(head, { known, policy, limits, epoch: served.epoch });
  }
}
