import fc from "fast-check";
import { ACTIONS, type AccessRequest, RESOURCES, ROLES, type RoleBinding } from "../../core/permission.ts";

/** Few, so that bindings and requests meet often. */
const NAMES = ["files", "demo/a", "demo/b", "other/a", "demo/*", "other/*"] as const;
const resource = fc.constantFrom(...RESOURCES.slice(0, 2), "mcptokens" as const, "prompts" as const, "*" as const);
const action = fc.constantFrom(...ACTIONS.slice(0, 2), "*" as const);

/** Any role binding, on few names. */
export const aBinding: fc.Arbitrary<RoleBinding> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ role: fc.constantFrom(...ROLES), resource }) },
  { weight: 4, arbitrary: fc.record({ role: fc.constantFrom(...ROLES), resource, name: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.record({ action }) },
);

/** Anything that may be asked about the same names. */
export const aRequest: fc.Arbitrary<AccessRequest> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom(...ROLES), resource }) },
  { weight: 5, arbitrary: fc.record({ verb: fc.constantFrom(...ROLES), resource, name: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.record({ action }) },
);
