import type { RbacDefinitionResource, Subject } from "../../api/resources/rbac-definition.ts";
import { AppError } from "../../core/app-error.ts";
import { formatBinding, type RoleBinding } from "../../core/permission.ts";

/** Who gets which role bindings. */
export interface RbacDefinition {
  readonly id: string;
  readonly name: string;
  readonly subjects: readonly Subject[];
  readonly roleBindings: readonly RoleBinding[];
  /** The token that it was made for and goes with; undefined for one that people made. */
  readonly tokenId: string | undefined;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Automatic definitions are named for their token's id, and so unlike any name that people may give. */
export const AUTOMATIC_NAME = /^mcptoken-tok_[0-9A-Za-z]{1,35}$/;

/** Each binding once, in the order given. */
export function distinctBindings(bindings: readonly RoleBinding[]): readonly RoleBinding[] {
  return [...new Map(bindings.map((binding) => [formatBinding(binding), binding])).values()];
}

/** Throws `conflict`/`DEFINITION_AUTOMATIC`: what was made for a token changes and goes with it. */
export function requireMadeByPeople({ name, tokenId }: RbacDefinition): void {
  if (tokenId === undefined) return;
  throw new AppError("conflict", "DEFINITION_AUTOMATIC", `${name} was made for a token and goes with it`, {
    hint: "revoke or delete the token, and issue one with other bindings",
  });
}

export function rbacResource(definition: RbacDefinition): RbacDefinitionResource {
  const { id, name, version } = definition;
  return {
    id,
    name,
    subjects: definition.subjects.map((subject) => ({ ...subject })),
    roleBindings: [...definition.roleBindings],
    tokenId: definition.tokenId ?? null,
    version,
    createdAt: definition.createdAt.toISOString(),
    updatedAt: definition.updatedAt.toISOString(),
  };
}

export function definitionUnknown(reference: string): AppError {
  return new AppError("not_found", "RBAC_UNKNOWN", `There is no role-binding definition ${reference.slice(0, 80)}`);
}
