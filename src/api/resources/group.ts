import { z } from "zod";
import { descriptionSchema, nameSchema, usernameSchema, versioned } from "../fields.ts";

const members = z.array(usernameSchema).max(1000, "must have at most 1000 members");

export const groupSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** User names, sorted. */
  members: z.array(z.string()),
  ...versioned,
});

export const groupCreateSchema = z.strictObject({
  name: nameSchema,
  description: descriptionSchema.default(""),
  members: members.default([]),
});

export const groupPatchSchema = z.strictObject({
  description: descriptionSchema.optional(),
  members: members.optional(),
});

export type GroupResource = z.infer<typeof groupSchema>;
