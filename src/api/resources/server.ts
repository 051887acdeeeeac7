import { z } from "zod";
import { descriptionSchema, handleSchema, versioned } from "../fields.ts";
import { backingSchema } from "../server-definition.ts";
import { perMinuteSchema, serverPolicySchema } from "../server-policy.ts";
import { serverStateSchema } from "../server-status.ts";

/** Calls a minute of one identity; null: the installation's limit, 0: none. */
const rateLimit = perMinuteSchema.nullable();

export const serverSchema = z.object({
  id: z.string(),
  handle: z.string(),
  description: z.string(),
  backing: backingSchema,
  enabled: z.boolean(),
  rateLimit: z.number().int().nullable(),
  writeTools: z.boolean(),
  /** Tools that it declares to write are offered: by `writeTools`, or by the configuration of the whole installation. */
  offersWriteTools: z.boolean(),
  policy: serverPolicySchema,
  /** Names of the projects it is in. */
  projects: z.array(z.string()),
  /** As the gateway beside this mcpd sees it; null where there is none. */
  status: z
    .object({
      state: serverStateSchema,
      reason: z.string().optional(),
      /** Tools in the list that clients see; null where none was ever read. */
      tools: z.number().int().nullable(),
      /** The list is the last known one: the server cannot be asked now, or did not tell it when it was. */
      stale: z.boolean(),
    })
    .nullable(),
  ...versioned,
});

export const serverCreateSchema = z.strictObject({
  handle: handleSchema,
  description: descriptionSchema.default(""),
  backing: backingSchema,
  enabled: z.boolean().default(true),
  rateLimit: rateLimit.default(null),
  /** Offers the tools that it declares to write, besides those that it does not. */
  writeTools: z.boolean().default(false),
  policy: serverPolicySchema.default({}),
  /** Projects that get it as their last server, in one step with creating it. */
  projects: z.array(z.string().max(63)).max(200).default([]),
});

export const serverPatchSchema = z.strictObject({
  description: descriptionSchema.optional(),
  backing: backingSchema.optional(),
  enabled: z.boolean().optional(),
  rateLimit: rateLimit.optional(),
  writeTools: z.boolean().optional(),
  /** Replaced as a whole. */
  policy: serverPolicySchema.optional(),
});

export type ServerResource = z.infer<typeof serverSchema>;
