import type { UserRole } from "../../api/resources/user.ts";
import { ALL_BINDINGS, type GrantedBinding } from "../../core/permission.ts";

/** What a user's own roles give: `admin` everything, another role itself on every resource. */
export function bindingsOfRoles(roles: readonly UserRole[]): readonly GrantedBinding[] {
  return roles.flatMap((role) => {
    const source = `role:${role}`;
    if (role === "admin") return ALL_BINDINGS.map((binding) => ({ binding, source }));
    return [{ binding: { role, resource: "*" } as const, source }];
  });
}
