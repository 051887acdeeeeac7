import { z } from "zod";
import { descriptionSchema, instantSchema, nameSchema } from "../fields.ts";
import { principalSchema, roleBindingSchema } from "../grant.ts";
import { roleBindingsSchema } from "./rbac-definition.ts";

export const mcpTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  description: z.string(),
  /** User name. */
  owner: z.string(),
  /** What may be shown of the raw token. */
  prefix: z.string(),
  sha: z.string(),
  createdAt: instantSchema,
  expiresAt: instantSchema.nullable(),
  revokedAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable(),
  status: z.enum(["active", "expired", "revoked"]),
  /** Of its automatic definition; empty where there is none. */
  roleBindings: z.array(roleBindingSchema),
});

export const mcpTokenCreateSchema = z.strictObject({
  name: nameSchema,
  project: nameSchema,
  description: descriptionSchema.default(""),
  /** `empty`: no rights but those of `roleBindings`. `clone`: besides, what the creator may do now. */
  rbac: z.enum(["empty", "clone"]).default("empty"),
  roleBindings: roleBindingsSchema.default([]),
  /** Null or absent: it does not expire. */
  expiresAt: instantSchema.nullable().default(null),
  /** Revoke the active token of this name first, in one step. */
  force: z.boolean().default(false),
});

/** The only answer that ever holds the raw token. */
export const mcpTokenCreatedSchema = mcpTokenSchema.extend({ token: z.string() });

/** Of one shape whatever the token: who is asked about one that opens nothing learns only that. */
export const introspectionSchema = z.object({
  active: z.boolean(),
  principal: principalSchema.nullable(),
  expiresAt: instantSchema.nullable(),
  /** Its bindings within its owner's. */
  roleBindings: z.array(roleBindingSchema),
});

export type McpTokenResource = z.infer<typeof mcpTokenSchema>;
export type McpTokenCreated = z.infer<typeof mcpTokenCreatedSchema>;
