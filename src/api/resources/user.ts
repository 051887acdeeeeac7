import { z } from "zod";
import { emailSchema, instantSchema, usernameSchema, versioned } from "../fields.ts";

/** `admin` may do everything; another role holds on every resource. */
export const userRoleSchema = z.enum(["admin", "view", "create", "delete", "edit", "run"]);
export type UserRole = z.infer<typeof userRoleSchema>;

export const PASSWORD_LENGTH = { min: 12, max: 256 } as const;
export const passwordSchema = z
  .string()
  .min(PASSWORD_LENGTH.min, `must have at least ${PASSWORD_LENGTH.min} characters`)
  .max(PASSWORD_LENGTH.max, `must have at most ${PASSWORD_LENGTH.max} characters`);

export const userRolesSchema = z.array(userRoleSchema).max(6);

export const userSchema = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string().nullable(),
  roles: z.array(userRoleSchema),
  disabled: z.boolean(),
  /** Whether a password opens the account. */
  hasPassword: z.boolean(),
  ...versioned,
});

export const userCreateSchema = z.strictObject({
  username: usernameSchema,
  email: emailSchema.nullable().default(null),
  roles: userRolesSchema.default([]),
  disabled: z.boolean().default(false),
  password: passwordSchema.optional(),
});

export const userPatchSchema = z.strictObject({
  email: emailSchema.nullable().optional(),
  roles: userRolesSchema.optional(),
  disabled: z.boolean().optional(),
  /** Setting another's password; one's own is changed with the old one. */
  password: passwordSchema.optional(),
});

export type UserResource = z.infer<typeof userSchema>;

/** A log-in. */
export const sessionSchema = z.object({
  id: z.string(),
  username: z.string(),
  client: z.enum(["cli", "browser"]),
  createdAt: instantSchema,
  lastUsedAt: instantSchema,
  expiresAt: instantSchema,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** The one that this request came with. */
  current: z.boolean(),
});

export type SessionResource = z.infer<typeof sessionSchema>;
