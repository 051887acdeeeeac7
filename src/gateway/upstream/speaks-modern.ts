import { isModernRevision } from "../../mcp/classify.ts";
import type { InitializeResult, Upstream } from "./upstream.ts";

/** Whether a server that was ready answers modern requests itself; what it said then tells, where nothing tells better. */
export function speaksModern({ speaksModern: says }: Pick<Upstream, "speaksModern">, { protocolVersion }: InitializeResult): boolean {
  return says?.() ?? isModernRevision(protocolVersion);
}
