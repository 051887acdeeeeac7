import { z } from "zod";
import { nameSchema, versioned } from "../fields.ts";
import { roleBindingSchema } from "../grant.ts";

/** Who gets the bindings: a user by name or email, a group by name, a token by its SHA-256. */
export const subjectSchema = z.strictObject({
  kind: z.enum(["User", "Group", "McpToken"]),
  name: z
    .string()
    .min(1)
    .max(190)
    .regex(/^[^\s\p{Cc}]+$/u, "must not hold spaces or control characters"),
});

export type Subject = z.infer<typeof subjectSchema>;

const subjects = z.array(subjectSchema).min(1, "must name at least one subject").max(200, "must have at most 200 subjects");
export const roleBindingsSchema = z.array(roleBindingSchema).max(200, "must have at most 200 role bindings");

export const rbacDefinitionSchema = z.object({
  id: z.string(),
  name: z.string(),
  subjects: z.array(subjectSchema),
  roleBindings: z.array(roleBindingSchema),
  /** The token that it was made for and goes with; null for one that people made. */
  tokenId: z.string().nullable(),
  ...versioned,
});

export const rbacDefinitionCreateSchema = z.strictObject({ name: nameSchema, subjects, roleBindings: roleBindingsSchema });

export const rbacDefinitionPatchSchema = z.strictObject({ subjects: subjects.optional(), roleBindings: roleBindingsSchema.optional() });

export type RbacDefinitionResource = z.infer<typeof rbacDefinitionSchema>;
