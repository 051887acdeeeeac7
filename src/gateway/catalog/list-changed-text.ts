import type { ListChangedMethod } from "../upstream/upstream.ts";

/** The notification that a list is not what it was. */
export function listChangedText(method: ListChangedMethod): string {
  return `{"jsonrpc":"2.0","method":"${method}"}`;
}
