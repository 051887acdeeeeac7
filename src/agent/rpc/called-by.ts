import { type ContextValues, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { AppError } from "../../core/app-error.ts";
import type { IdentifiedCaller } from "../identity/identified-caller.ts";

/** The user name of who calls; only the guard sets it. */
export const CALLER = createContextKey<string | undefined>(undefined, { description: "who calls" });

/** Who calls, with the roles; set before anything of a request is read. */
export const IDENTIFIED = createContextKey<IdentifiedCaller | undefined>(undefined, { description: "who calls, with the roles" });

/** Who calls. An RPC that came past the guard has nobody, and is carried out for nobody. */
export function calledBy({ values }: HandlerContext): string {
  const caller = values.get(CALLER);
  if (caller !== undefined) return caller;
  throw nobody();
}

/** Throws `unauthenticated`/`BEARER_REQUIRED` where nobody has looked who calls. */
export function requireIdentified(values: ContextValues): IdentifiedCaller {
  const caller = values.get(IDENTIFIED);
  if (caller !== undefined) return caller;
  throw nobody();
}

function nobody(): AppError {
  return new AppError("unauthenticated", "BEARER_REQUIRED", "Bearer token required");
}
