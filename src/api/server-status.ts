import { z } from "zod";
import type { Backing } from "./server-definition.ts";

/** The state of a server at the gateway. */
export const serverStateSchema = z.enum(["starting", "ready", "degraded", "failed", "disabled", "stopped"]);

export type ServerState = z.infer<typeof serverStateSchema>;

/** A server as a gateway sees it. */
export interface ServerStatus {
  readonly handle: string;
  readonly backing: Backing["kind"];
  readonly enabled: boolean;
  readonly state: ServerState;
  /** Why the state is not `ready`. */
  readonly reason?: string;
  /** Tools in the list that clients see; null where none was ever read. */
  readonly tools: number | null;
  /** The list is the last known one: the server cannot be asked now, or did not tell it when it was. */
  readonly stale: boolean;
  readonly projects: readonly string[];
}
