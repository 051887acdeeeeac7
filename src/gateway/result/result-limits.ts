import type { ServerPolicy } from "../../api/server-definition.ts";
import type { LimitPolicy } from "../policy/gateway-policy.ts";

export interface ResultLimits {
  /** Of the whole message. */
  readonly maxBytes: number;
  /** Of each list in the result; 0 is no limit. */
  readonly maxItems: number;
}

/** What a server says of its results takes the place of the installation's word. */
export function resultLimitsOf(limits: LimitPolicy, own: ServerPolicy | undefined): ResultLimits {
  return { maxBytes: own?.maxResultBytes ?? limits.maxResultBytes, maxItems: own?.maxResultItems ?? limits.maxResultItems };
}
