import { z } from "zod";
import { descriptionSchema, nameSchema, versioned } from "../fields.ts";
import { promptArgumentSchema } from "../server-definition.ts";

const promptArguments = z.array(promptArgumentSchema).max(50, "must have at most 50 arguments");
const template = z.string().min(1, "must not be empty").max(32_768, "must have at most 32768 characters");

export const promptSchema = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  description: z.string(),
  arguments: z.array(promptArgumentSchema),
  /** `{{argument}}` is replaced by its value. */
  template: z.string(),
  ...versioned,
});

export const promptCreateSchema = z.strictObject({
  name: nameSchema,
  project: nameSchema,
  description: descriptionSchema.default(""),
  arguments: promptArguments.default([]),
  template,
});

export const promptPatchSchema = z.strictObject({
  description: descriptionSchema.optional(),
  arguments: promptArguments.optional(),
  template: template.optional(),
});

export type PromptResource = z.infer<typeof promptSchema>;
