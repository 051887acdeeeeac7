import fc from "fast-check";
import { ACTIONS, type AccessRequest, type GrantedBinding, RESOURCES, ROLES, type RoleBinding } from "./permission.ts";

/** Few of each, so that generated bindings and requests meet often. */
const resource = fc.constantFrom(...RESOURCES.slice(0, 3), "mcptokens" as const, "*" as const);
const action = fc.record({ action: fc.constantFrom(...ACTIONS.slice(0, 2), "*" as const) });
const name = fc.constantFrom("a", "b", "demo", "demo/a", "demo/b", "demo/*", "other/a", "other/*", "*", "demo/a/*");

export const bindingArbitrary: fc.Arbitrary<RoleBinding> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ role: fc.constantFrom(...ROLES), resource, name }) },
  { weight: 2, arbitrary: fc.record({ role: fc.constantFrom(...ROLES), resource }) },
  { weight: 1, arbitrary: action },
);

export const requestArbitrary: fc.Arbitrary<AccessRequest> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ verb: fc.constantFrom(...ROLES), resource, name }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constantFrom(...ROLES), resource }) },
  { weight: 1, arbitrary: action },
);

/** Bindings with sources of their own: `s0`, `s1`… */
export const grantedArbitrary: fc.Arbitrary<readonly GrantedBinding[]> = fc
  .array(bindingArbitrary, { maxLength: 8 })
  .map((bindings) => bindings.map((binding, at) => ({ binding, source: `s${at}` })));

/** The reference: what one binding allows, in ten lines that anybody can check. */
export function modelAllows(binding: RoleBinding, request: AccessRequest): boolean {
  if ("action" in binding || "action" in request)
    return "action" in binding && "action" in request && (binding.action === "*" || binding.action === request.action);
  const implied = binding.role === "edit" && (request.verb === "view" || request.verb === "run");
  if (binding.role !== request.verb && !implied) return false;
  if (binding.resource !== "*" && binding.resource !== request.resource) return false;
  if (binding.name === undefined) return true;
  if (request.name === undefined) return false;
  return binding.name === request.name || binding.name === request.name.replace(/\/.*$/s, "/*");
}
