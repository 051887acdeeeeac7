import { z } from "zod";
import { type Caller, SCOPES } from "../core/caller.ts";
import { ACTIONS, compileRights, type GrantedBinding, intersectRights, RESOURCES, ROLES, type RoleBinding } from "../core/permission.ts";

const NAME = z
  .string()
  .min(1)
  .max(190)
  .regex(/^[^\s,\p{Cc}]+$/u, "must not hold spaces, commas or control characters")
  // Names are not patterns; it would stand for nothing.
  .refine((name) => name !== "*", "leave the name out for all of them");

/** A role binding as it stands in requests and files. */
export const roleBindingSchema: z.ZodType<RoleBinding, RoleBinding> = z.union(
  [
    z.strictObject({ role: z.enum(ROLES), resource: z.enum([...RESOURCES, "*"]), name: NAME.optional() }),
    z.strictObject({ action: z.enum([...ACTIONS, "*"]) }),
  ],
  `must be {role, resource[, name]} or {action}; roles: ${ROLES.join(", ")}; resources: ${RESOURCES.join(", ")} or *; actions: ${ACTIONS.join(", ")} or *`,
);

export const principalSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("user"), id: z.string(), name: z.string(), email: z.string().optional() }),
  z.object({
    kind: z.literal("token"),
    id: z.string(),
    name: z.string(),
    sha: z.string(),
    project: z.string(),
    ownerId: z.string(),
    owner: z.string(),
  }),
  z.object({ kind: z.literal("jwt"), id: z.string(), name: z.string(), userId: z.string().optional(), project: z.string().optional() }),
  z.object({ kind: z.literal("gateway"), id: z.string(), name: z.string() }),
  z.object({ kind: z.literal("system"), id: z.string() }),
]);

const grantedBindingSchema: z.ZodType<GrantedBinding, GrantedBinding> = z.object({ binding: roleBindingSchema, source: z.string() });

/** What a credential opens, as the control plane says it, also over the wire. */
export const grantSchema = z.object({
  principal: principalSchema,
  bindings: z.array(grantedBindingSchema),
  /** Of a token: what its owner may do now; the token's own bindings hold within it. */
  ownerBindings: z.array(grantedBindingSchema).optional(),
  scopes: z.array(z.enum(SCOPES)),
  allowServers: z.array(z.string()).optional(),
  /** ISO 8601; absent: it does not expire. */
  expiresAt: z.string().optional(),
});

export type Grant = z.infer<typeof grantSchema>;

/** The caller that a grant makes, its bindings compiled once. */
export function callerOf(grant: Grant): Caller {
  const own = compileRights(grant.bindings);
  const rights = grant.ownerBindings === undefined ? own : intersectRights(own, compileRights(grant.ownerBindings));
  const caller: Caller = { principal: grant.principal, rights, scopes: new Set(grant.scopes), allowServers: grant.allowServers };
  GRANTS.set(caller, grant);
  return caller;
}

const GRANTS = new WeakMap<Caller, Grant>();

/** The grant that has made a caller: what is kept of them for later. Undefined for one that no grant made. */
export function grantOf(caller: Caller): Grant | undefined {
  return GRANTS.get(caller);
}
