import { expect, test } from "bun:test";
import { roleBindingSchema } from "./grant.ts";

const problemOf = (binding: unknown) =>
  roleBindingSchema.safeParse(binding).error?.issues.map(({ path, message }) => [path.join("."), message]);

test("a binding named * is refused with what to write instead; all of a project's is a name", () => {
  expect(problemOf({ role: "view", resource: "servers", name: "*" })).toEqual([["name", "leave the name out for all of them"]]);
  expect(problemOf({ role: "view", resource: "servers" })).toBeUndefined();
  expect(problemOf({ role: "view", resource: "mcptokens", name: "demo/*" })).toBeUndefined();
});

test("what is no binding is refused with all that there is", () => {
  for (const binding of [{}, { role: "own", resource: "servers" }, { role: "view", resource: "cats" }]) {
    expect(problemOf(binding)).toEqual([["", expect.stringContaining("must be {role, resource[, name]} or {action}; roles: view, ")]]);
  }
});
