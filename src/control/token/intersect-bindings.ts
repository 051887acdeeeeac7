import { compileRights, coversBinding, formatBinding, type RoleBinding, verbsOf } from "../../core/permission.ts";

/** Bindings that give what both lists give and nothing else: a token's, within its owner's. */
export function intersectBindings(own: readonly RoleBinding[], limit: readonly RoleBinding[]): RoleBinding[] {
  const limits = compileRights(limit.map((binding) => ({ binding, source: "" })));
  const kept = own.flatMap((binding) => (coversBinding(limits, binding) ? [binding] : limit.flatMap((other) => meet(binding, other))));
  return [...new Map(kept.map((binding) => [formatBinding(binding), binding])).values()];
}

/** What two bindings both give, as one binding or none. */
function meet(a: RoleBinding, b: RoleBinding): RoleBinding[] {
  if ("action" in a || "action" in b) {
    if (!("action" in a) || !("action" in b)) return [];
    const action = narrower(a.action, b.action);
    return action === undefined ? [] : [{ action }];
  }
  const role = verbsOf(a.role).includes(b.role) ? b.role : verbsOf(b.role).includes(a.role) ? a.role : undefined;
  const resource = narrower(a.resource, b.resource);
  const name = narrowerName(a.name, b.name);
  if (role === undefined || resource === undefined || name === "none") return [];
  return [{ role, resource, ...name }];
}

function narrower<T extends string>(a: T | "*", b: T | "*"): T | "*" | undefined {
  if (a === b || b === "*") return a;
  return a === "*" ? b : undefined;
}

function narrowerName(a: string | undefined, b: string | undefined): { readonly name?: string } | "none" {
  if (a === undefined) return b === undefined ? {} : { name: b };
  if (b === undefined || a === b || lies(a, b)) return { name: a };
  return lies(b, a) ? { name: b } : "none";
}

/** Whether `project/*` holds the name. */
function lies(name: string, group: string): boolean {
  const slash = name.indexOf("/");
  return slash !== -1 && group === `${name.slice(0, slash)}/*`;
}
