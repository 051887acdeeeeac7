import { z } from "zod";

/** What runs behind a server: something of ours, a process on its standard streams, or a URL. */
export const backingSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("builtin"), name: z.string() }),
  z.strictObject({
    kind: z.literal("stdio"),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ kind: z.literal("url"), url: z.url({ protocol: /^https?$/ }) }),
]);

export type Backing = z.infer<typeof backingSchema>;

/** A server as the gateway needs it. */
export interface ServerDefinition {
  readonly id: string;
  readonly handle: string;
  readonly backing: Backing;
  readonly enabled: boolean;
}

/** A project as the gateway needs it: its servers in the order in which they are listed. */
export interface ProjectDefinition {
  readonly id: string;
  readonly name: string;
  readonly servers: readonly string[];
}

/** All that a gateway serves, at one moment. */
export interface Snapshot {
  readonly projects: readonly ProjectDefinition[];
  readonly servers: readonly ServerDefinition[];
}
