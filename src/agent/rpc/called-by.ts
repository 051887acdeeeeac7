import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { AppError } from "../../core/app-error.ts";

/** The user name of who calls; only the guard sets it. */
export const CALLER = createContextKey<string | undefined>(undefined, { description: "who calls" });

/** Who calls. An RPC that came past the guard has nobody, and is carried out for nobody. */
export function calledBy({ values }: HandlerContext): string {
  const caller = values.get(CALLER);
  if (caller !== undefined) return caller;
  throw new AppError("unauthenticated", "BEARER_REQUIRED", "Bearer token required");
}
