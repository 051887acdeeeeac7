import type { ConnectError } from "@connectrpc/connect";

/** What an agent says of a failure beside its status and message. */
export interface ErrorDetail {
  readonly reason?: string | undefined;
  readonly hint?: string | undefined;
}

export function readErrorDetail(error: ConnectError): ErrorDetail {
  return { reason: error.metadata.get("x-reason") ?? undefined, hint: error.metadata.get("x-hint") ?? undefined };
}
