import { expect, test } from "bun:test";
import { RESOURCES } from "../core/permission.ts";
import { parseRoleBinding } from "./rbac-bindings.ts";

const refusal = (entry: string) => {
  try {
    return JSON.stringify(parseRoleBinding(entry));
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: "invalid", reason: "ROLE_BINDING_INVALID" });
    return (thrown as Error).message;
  }
};

test("a binding without a name is on the whole kind", () => {
  expect(parseRoleBinding("role:edit,resource:servers")).toEqual({ role: "edit", resource: "servers" });
});

test("a binding with a name is on the one of that name", () => {
  expect(parseRoleBinding("role:view,resource:servers,name:my-ha")).toEqual({ role: "view", resource: "servers", name: "my-ha" });
  expect(parseRoleBinding("name:demo/*,resource:mcptokens,role:view")).toEqual({ role: "view", resource: "mcptokens", name: "demo/*" });
});

test("a binding may be an action", () => {
  expect(parseRoleBinding("action:logs")).toEqual({ action: "logs" });
});

test("space around parts, keys and values does not count", () => {
  expect(parseRoleBinding(" role : edit , resource : servers ")).toEqual({ role: "edit", resource: "servers" });
});

test("a part without a value is refused", () => {
  expect(refusal("role:,resource:servers")).toContain("'role' has no value");
  expect(refusal("role:edit,resource")).toContain("'resource' has no value");
});

test("an unknown key is refused, with the nearest known one", () => {
  expect(refusal("rol:edit,resource:servers")).toContain("'rol' is none of role, resource, name, action; did you mean role?");
  expect(refusal("edit:servers")).toContain("'edit' is none of");
});

test("an action beside anything else is refused", () => {
  expect(refusal("action:logs,resource:servers")).toContain("'action' stands alone");
});

test("a binding without a role is refused", () => {
  expect(refusal("resource:servers")).toContain("'role' is missing");
});

test("a binding without a resource is refused", () => {
  expect(refusal("role:edit")).toContain("'resource' is missing");
});

test("a key that stands twice, and a word that is no role, resource or action, is refused", () => {
  expect(refusal("role:edit,role:view,resource:servers")).toContain("'role' stands twice");
  expect(refusal("role:edti,resource:servers")).toContain("did you mean edit?");
  expect(refusal("role:edit,resource:server-list")).toContain("is no resource");
  expect(refusal("action:log")).toContain("did you mean logs?");
});

test("every resource may be named in the singular, and tokens for short", () => {
  for (const resource of RESOURCES) expect(parseRoleBinding(`role:view,resource:${resource}`)).toMatchObject({ resource });
  for (const word of ["token", "tokens", "mcptoken", "mcptokens"])
    expect(parseRoleBinding(`role:view,resource:${word}`)).toEqual({ role: "view", resource: "mcptokens" });
  expect(parseRoleBinding("role:view,resource:*")).toEqual({ role: "view", resource: "*" });
});
