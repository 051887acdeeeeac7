import { expect, test } from "bun:test";
import fc from "fast-check";
import { bindingArbitrary, grantedArbitrary, modelAllows, requestArbitrary } from "./bindings.fixture.ts";
import { type Caller, callerCovers, decideAccess, describeCaller, mayShow, type Principal, requireAccess } from "./caller.ts";
import { compileRights, type RoleBinding } from "./permission.ts";

const USER: Principal = { kind: "user", id: "usr_1", name: "jo" };
const TOKEN: Principal = { kind: "token", id: "tok_1", name: "ci", sha: "ab".repeat(32), project: "demo", ownerId: "usr_1", owner: "jo" };

function callerWith(principal: Principal, bindings: readonly RoleBinding[], allowServers?: readonly string[]): Caller {
  const rights = compileRights(bindings.map((binding) => ({ binding, source: "test" })));
  return { principal, rights, scopes: new Set(), allowServers };
}

test("a token reaches its own project alone, whatever its bindings", () => {
  const caller = callerWith(TOKEN, [{ role: "edit", resource: "*" }]);
  const request = { verb: "view", resource: "projects", name: "demo" } as const;
  expect(decideAccess(caller, request, "demo").allowed).toBe(true);
  expect(decideAccess(caller, request, "other")).toMatchObject({ allowed: false, code: "forbidden" });
  expect(decideAccess(callerWith(USER, [{ role: "view", resource: "projects" }]), request, "other").allowed).toBe(true);
});

test("a token whose own project is asked still needs a binding", () => {
  expect(decideAccess(callerWith(TOKEN, []), { verb: "view", resource: "projects", name: "demo" }, "demo").allowed).toBe(false);
});

test("a credential for some servers opens no other, whatever its bindings", () => {
  const caller = callerWith(USER, [{ role: "run", resource: "servers" }], ["a"]);
  expect(decideAccess(caller, { verb: "run", resource: "servers", name: "a" }).allowed).toBe(true);
  const refused = decideAccess(caller, { verb: "run", resource: "servers", name: "b" });
  expect(refused).toMatchObject({ allowed: false, code: "server_denied" });
  expect(refused).not.toHaveProperty("hint");
  expect(decideAccess(caller, { verb: "view", resource: "servers", name: "a" })).toMatchObject({ allowed: false, code: "forbidden" });
});

test("a refusal says who may not do what, and which binding it takes", () => {
  const caller = callerWith(USER, []);
  const refusalOf = (request: Parameters<typeof requireAccess>[1], project?: string) => {
    try {
      requireAccess(caller, request, project);
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  };
  expect(refusalOf({ verb: "edit", resource: "servers", name: "a" })).toMatchObject({
    code: "denied",
    reason: "PERMISSION_DENIED",
    message: "User jo may not edit servers/a",
    hint: "it takes a role binding with role:edit,resource:servers,name:a",
  });
  expect(refusalOf({ action: "impersonate" })).toMatchObject({ hint: "it takes a role binding with action:impersonate" });
});

test("no binding is recommended to a token outside its project", () => {
  const denied = () => requireAccess(callerWith(TOKEN, []), { verb: "view", resource: "projects", name: "other" }, "other");
  expect(denied).toThrow(expect.objectContaining({ code: "denied", reason: "PERMISSION_DENIED", hint: undefined }));
});

test("a list shows what may be viewed, a project's all included, and no server that the credential does not open", () => {
  const caller = callerWith(
    USER,
    [
      { role: "view", resource: "prompts", name: "demo/*" },
      { role: "view", resource: "servers" },
    ],
    ["a"],
  );
  expect(["demo/x", "other/x"].filter(mayShow(caller, "prompts"))).toEqual(["demo/x"]);
  expect(["a", "b"].filter(mayShow(caller, "servers"))).toEqual(["a"]);
  expect(["a", "b"].filter(mayShow(caller, "servers", "run"))).toEqual([]);
});

test("a credential for some servers covers no binding on others", () => {
  const caller = callerWith(USER, [{ role: "edit", resource: "*" }], ["a"]);
  const covered = (binding: RoleBinding) => callerCovers(caller, binding);
  expect(covered({ role: "run", resource: "servers", name: "a" })).toBe(true);
  expect(covered({ role: "view", resource: "projects" })).toBe(true);
  expect(covered({ role: "run", resource: "servers", name: "b" })).toBe(false);
  expect(covered({ role: "run", resource: "servers" })).toBe(false);
  expect(covered({ role: "run", resource: "*" })).toBe(false);
});

test("who covers a binding is refused nothing that the binding allows, with or without a cap on servers", () => {
  const cap = fc.option(fc.subarray(["a", "b", "demo"]), { nil: undefined });
  fc.assert(
    fc.property(grantedArbitrary, cap, bindingArbitrary, requestArbitrary, (granted, allowServers, binding, request) => {
      const caller: Caller = { principal: USER, rights: compileRights(granted), scopes: new Set(), allowServers };
      if (!callerCovers(caller, binding) || !modelAllows(binding, request)) return;
      expect(decideAccess(caller, request).allowed).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});

test("every kind of principal has a name for people", () => {
  const jwt: Principal = { kind: "jwt", id: "j", name: "ci@example.org" };
  const all = [USER, TOKEN, jwt, { kind: "gateway", id: "gw_1", name: "edge" }, { kind: "system", id: "system" }] as const;
  expect(all.map(describeCaller)).toEqual([
    "User jo",
    "Token ci",
    "The bearer of this JWT (ci@example.org)",
    "Gateway edge",
    "The installation",
  ]);
});
