import type { Batch, Envelope, InvalidEnvelope } from "../../mcp/envelope.ts";
import { type Refusal, refuse } from "../refusal.ts";

/**
 * Whether a message asks for something new. What belongs to a call that is in flight does not: the answer to what its
 * server asked, a notification, and the modern retry that brings such an answer along.
 */
export function beginsWork(message: Envelope | Batch | InvalidEnvelope): boolean {
  if (message.kind === "batch") return message.items.some(beginsWork);
  return message.kind === "request" && typeof message.params.requestState !== "string";
}

/** What a new request is told while the calls in flight finish: nothing was done, and this connection ends. */
export function refuseStopping(): Refusal {
  return refuse("shutting_down", "This gateway is stopping and takes nothing new; send it again", {
    "retry-after": "1",
    connection: "close",
  });
}
