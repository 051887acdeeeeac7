import { z } from "zod";
import { descriptionSchema, nameSchema, versioned } from "../fields.ts";

const value = z.string().min(1, "must not be empty").max(16_384, "must have at most 16384 characters");

/** A secret without its value, which nothing gives back. */
export const secretSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** Handles of the servers that name it. */
  usedBy: z.array(z.string()),
  ...versioned,
});

export const secretCreateSchema = z.strictObject({ name: nameSchema, description: descriptionSchema.default(""), value });

export const secretPatchSchema = z.strictObject({ description: descriptionSchema.optional(), value: value.optional() });

export type SecretResource = z.infer<typeof secretSchema>;
