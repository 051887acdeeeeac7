import { ALL_BINDINGS, type GrantedBinding } from "../../core/permission.ts";
import type { BindingsSource } from "../access/bindings-source.ts";

/** Bindings by the users' own roles, and by groups as they are given here. */
export function roleBindings(ofGroup: Readonly<Record<string, readonly GrantedBinding[]>> = {}): BindingsSource {
  return {
    async ofUser({ roles }) {
      return roles.flatMap((role) =>
        role === "admin"
          ? ALL_BINDINGS.map((binding) => ({ binding, source: "role:admin" }))
          : [{ binding: { role, resource: "*" }, source: `role:${role}` }],
      );
    },
    ofGroups: async (names) => names.flatMap((name) => ofGroup[name] ?? []),
    ofToken: async () => [],
  };
}
