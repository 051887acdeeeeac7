import { z } from "zod";

/** The state of a server at the gateway. */
export const serverStateSchema = z.enum(["starting", "ready", "degraded", "failed", "disabled", "stopped"]);

/** One row of `GET /api/v1/servers`. */
export const serverStatusSchema = z.object({
  handle: z.string(),
  backing: z.enum(["builtin", "stdio", "url"]),
  enabled: z.boolean(),
  state: serverStateSchema,
  /** Why the state is not `ready`. */
  reason: z.string().optional(),
  /** Tools in the list that clients see; null where none was ever read. */
  tools: z.number().int().nullable(),
  /** The list is the last known one: the server cannot be asked now. */
  stale: z.boolean(),
  projects: z.array(z.string()),
});

export const serverListSchema = z.object({ items: z.array(serverStatusSchema) });

export type ServerState = z.infer<typeof serverStateSchema>;
export type ServerStatus = z.infer<typeof serverStatusSchema>;
