import { z } from "zod";
import { descriptionSchema, handleSchema, nameSchema, versioned } from "../fields.ts";

const servers = z.array(handleSchema).max(200, "must have at most 200 servers");

export const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** User name. */
  owner: z.string(),
  /** Handles, in the order in which clients see them. */
  servers: z.array(z.string()),
  ...versioned,
});

export const projectCreateSchema = z.strictObject({
  name: nameSchema,
  description: descriptionSchema.default(""),
  servers: servers.default([]),
});

export const projectPatchSchema = z.strictObject({
  description: descriptionSchema.optional(),
  servers: servers.optional(),
  owner: z.string().max(63).optional(),
});

export type ProjectResource = z.infer<typeof projectSchema>;
