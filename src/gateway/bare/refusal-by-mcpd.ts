import type { AppError } from "../../core/app-error.ts";
import { type Refusal, refuse, refuseByBindings } from "../refusal.ts";

/** What a caller is told whose project mcpd did not give: what mcpd said, or that nobody can be asked now. */
export function refusalByMcpd(error: AppError): Refusal {
  const { code, message } = error;
  switch (code) {
    case "denied":
      return refuseByBindings(message);
    case "not_found":
      return refuse("not_found", message);
    case "unauthenticated":
      return refuse("unauthenticated", "Invalid token: it is unknown, expired or revoked", { "www-authenticate": 'Bearer realm="mcpctl"' });
    case "exhausted":
      return refuse("rate_limited", message, { "retry-after": "5" });
    default:
      return refuse("auth_unavailable", `The project cannot be read now: ${message}`, { "retry-after": "1" });
  }
}
