import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AccessRequest, ALL_BINDINGS, compileRights, intersectRights, type RoleBinding } from "../../core/permission.ts";
import { aBinding, aRequest } from "./bindings.fixture.ts";
import { intersectBindings } from "./intersect-bindings.ts";

const rightsOf = (bindings: readonly RoleBinding[]) => compileRights(bindings.map((binding) => ({ binding, source: "" })));

test("what comes out allows just what both allow", () => {
  const bindings = fc.array(aBinding, { maxLength: 6 });
  fc.assert(
    fc.property(bindings, bindings, fc.array(aRequest, { minLength: 20, maxLength: 20 }), (own, limit, requests) => {
      const out = rightsOf(intersectBindings(own, limit));
      const both = intersectRights(rightsOf(own), rightsOf(limit));
      const deed = (rights: typeof out, request: AccessRequest) => rights.decide(request).allowed;
      for (const request of requests) expect([request, deed(out, request)]).toEqual([request, deed(both, request)]);
    }),
    { numRuns: 500 },
  );
});

test("within an administrator's rights bindings stay as they are, each once", () => {
  const own: RoleBinding[] = [
    { role: "edit", resource: "servers", name: "files" },
    { action: "logs" },
    { action: "logs" },
    { role: "view", resource: "*" },
  ];
  expect(intersectBindings(own, ALL_BINDINGS)).toEqual([
    { role: "edit", resource: "servers", name: "files" },
    { action: "logs" },
    { role: "view", resource: "*" },
  ]);
  expect(intersectBindings(own, [])).toEqual([]);
});

test("what the owner holds in part is given in that part", () => {
  const own: RoleBinding[] = [
    { role: "edit", resource: "servers" },
    { role: "view", resource: "prompts", name: "demo/*" },
    { action: "*" },
  ];
  const limit: RoleBinding[] = [{ role: "view", resource: "*" }, { role: "run", resource: "servers", name: "files" }, { action: "exec" }];
  expect(intersectBindings(own, limit)).toEqual([
    { role: "view", resource: "servers" },
    { role: "run", resource: "servers", name: "files" },
    { role: "view", resource: "prompts", name: "demo/*" },
    { action: "exec" },
  ]);
});
