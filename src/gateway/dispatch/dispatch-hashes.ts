import { hash } from "node:crypto";
import { canonicalJson } from "../../mcp/canonical-json.ts";

/** What a dispatched call is told from others by. */
export interface DispatchIdentity {
  /** As `<kind>:<id>`. */
  readonly principal: string;
  /** `server:<id>`, or `project:<id>` on a project's route. */
  readonly target: string;
  readonly idempotencyKey: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface DispatchHashes {
  /** Whose key it is, and where. */
  readonly keyHash: string;
  /** What is to be carried out under it. */
  readonly payloadHash: string;
}

/** SHA-256 in hex over canonical JSON. */
export function dispatchHashes({ principal, target, idempotencyKey, method, params }: DispatchIdentity): DispatchHashes {
  return {
    keyHash: sha256({ principal, target, idempotencyKey }),
    payloadHash: sha256({ principal, target, method, params }),
  };
}

function sha256(value: object): string {
  return hash("sha256", canonicalJson(value), "hex");
}
