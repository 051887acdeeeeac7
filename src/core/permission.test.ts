import { expect, test } from "bun:test";
import fc from "fast-check";
import { bindingArbitrary, grantedArbitrary, modelAllows, requestArbitrary } from "./bindings.fixture.ts";
import {
  ACTIONS,
  ALL_BINDINGS,
  compileRights,
  coversBinding,
  formatBinding,
  type GrantedBinding,
  includesName,
  intersectBindings,
  intersectRights,
  RESOURCES,
  ROLES,
  type RoleBinding,
} from "./permission.ts";

const RUNS = { numRuns: 3000 };

function rightsOf(...bindings: readonly RoleBinding[]) {
  return compileRights(bindings.map((binding, at) => ({ binding, source: `s${at}` })));
}

test("nothing is allowed that no binding says", () => {
  const rights = rightsOf();
  for (const verb of ROLES) for (const resource of RESOURCES) expect(rights.decide({ verb, resource, name: "a" }).allowed).toBe(false);
  expect(rights.decide({ action: "logs" })).toEqual({ allowed: false });
  expect(rights.allowedNames("view", "servers")).toEqual(new Set());
});

test("edit implies view and run, and nothing else implies anything", () => {
  const allowed = ROLES.map((role) =>
    ROLES.filter((verb) => rightsOf({ role, resource: "servers" }).decide({ verb, resource: "servers" }).allowed),
  );
  expect(allowed).toEqual([["view"], ["create"], ["delete"], ["view", "edit", "run"], ["run"]]);
});

test("a decision names the binding that decided", () => {
  const [whole, named] = [{ role: "edit", resource: "servers" } as const, { role: "view", resource: "projects", name: "demo" } as const];
  const rights = rightsOf(named, whole);
  expect(rights.decide({ verb: "run", resource: "servers", name: "a" })).toEqual({ allowed: true, by: { binding: whole, source: "s1" } });
  expect(rights.decide({ verb: "view", resource: "projects", name: "demo" })).toEqual({
    allowed: true,
    by: { binding: named, source: "s0" },
  });
});

test("a binding on one name says nothing of the whole kind, of another name or of another kind", () => {
  const rights = rightsOf({ role: "view", resource: "servers", name: "a" });
  expect(rights.decide({ verb: "view", resource: "servers", name: "a" }).allowed).toBe(true);
  for (const request of [
    { verb: "view", resource: "servers" },
    { verb: "view", resource: "servers", name: "A" },
    { verb: "view", resource: "servers", name: "" },
    { verb: "view", resource: "servers", name: "a\nb" },
    { verb: "view", resource: "projects", name: "a" },
    { verb: "run", resource: "servers", name: "a" },
  ] as const) {
    expect(rights.decide(request).allowed).toBe(false);
  }
});

test("project/* is all of one project's, and no more", () => {
  const rights = rightsOf({ role: "view", resource: "mcptokens", name: "demo/*" });
  const allowed = ["demo/ci", "demo/*", "demo", "demos/ci", "other/ci", "other/*"].filter(
    (name) => rights.decide({ verb: "view", resource: "mcptokens", name }).allowed,
  );
  expect(allowed).toEqual(["demo/ci", "demo/*"]);
  expect(rights.allowedNames("view", "mcptokens")).toEqual(new Set(["demo/*"]));
});

test("only a binding on every kind covers a request about every kind", () => {
  const every = { verb: "view", resource: "*" } as const;
  expect(rightsOf(...RESOURCES.map((resource) => ({ role: "view", resource }) as const)).decide(every).allowed).toBe(false);
  expect(rightsOf({ role: "view", resource: "*" }).decide(every).allowed).toBe(true);
  expect(rightsOf(...ACTIONS.map((action) => ({ action }))).decide({ action: "*" }).allowed).toBe(false);
});

test("an administrator's bindings cover every binding there is", () => {
  const admin = rightsOf(...ALL_BINDINGS);
  fc.assert(
    fc.property(bindingArbitrary, (binding) => coversBinding(admin, binding)),
    RUNS,
  );
});

test("tokens, users, groups and role bindings are themselves what bindings are about", () => {
  for (const resource of ["mcptokens", "users", "groups", "rbac"] as const) {
    expect(RESOURCES).toContain(resource);
    expect(rightsOf({ role: "edit", resource }).decide({ verb: "view", resource, name: "a" }).allowed).toBe(true);
  }
});

test("a binding is written as people write it", () => {
  expect(formatBinding({ role: "edit", resource: "servers" })).toBe("role:edit,resource:servers");
  expect(formatBinding({ role: "view", resource: "*", name: "x" })).toBe("role:view,resource:*,name:x");
  expect(formatBinding({ action: "logs" })).toBe("action:logs");
});

test("a decision is that of a loop over the bindings, and the one that decided allows it", () => {
  fc.assert(
    fc.property(grantedArbitrary, requestArbitrary, (granted, request) => {
      const decision = compileRights(granted).decide(request);
      expect(decision.allowed).toBe(allowedBy(granted, request));
      if (decision.allowed) {
        expect(granted).toContain(decision.by);
        expect(modelAllows(decision.by.binding, request)).toBe(true);
      }
    }),
    RUNS,
  );
});

test("a list shows a name exactly where the decision about that name allows it", () => {
  fc.assert(
    fc.property(grantedArbitrary, requestArbitrary, (granted, request) => {
      if ("action" in request || request.resource === "*" || request.name === undefined) return;
      const names = compileRights(granted).allowedNames(request.verb, request.resource);
      expect(includesName(names, request.name)).toBe(allowedBy(granted, request));
    }),
    RUNS,
  );
});

test("an intersection allows what both sides allow, and says the first side's binding", () => {
  fc.assert(
    fc.property(grantedArbitrary, grantedArbitrary, requestArbitrary, (first, second, request) => {
      const rights = intersectRights(compileRights(first), compileRights(second));
      const decision = rights.decide(request);
      const expected = allowedBy(first, request) && allowedBy(second, request);
      expect(decision.allowed).toBe(expected);
      if (decision.allowed) expect(first).toContain(decision.by);
      if ("action" in request || request.resource === "*" || request.name === undefined) return;
      expect(includesName(rights.allowedNames(request.verb, request.resource), request.name)).toBe(expected);
    }),
    RUNS,
  );
});

test("an intersection is written as bindings that people can read", () => {
  const met = (left: RoleBinding, right: RoleBinding) =>
    intersectBindings([{ binding: left, source: "left" }], [{ binding: right, source: "right" }]).map(({ binding }) =>
      formatBinding(binding),
    );
  const on = (role: (typeof ROLES)[number], resource: "mcptokens" | "*", name?: string): RoleBinding => ({ role, resource, name });
  expect(met(on("edit", "mcptokens", "demo/a"), on("view", "*", "demo/*"))).toEqual(["role:view,resource:mcptokens,name:demo/a"]);
  expect(met(on("view", "*", "demo/*"), on("edit", "mcptokens", "demo/a"))).toEqual(["role:view,resource:mcptokens,name:demo/a"]);
  expect(met(on("edit", "*"), on("edit", "mcptokens", "demo/*"))).toEqual(["role:edit,resource:mcptokens,name:demo/*"]);
  expect(met(on("view", "*"), on("run", "*"))).toEqual([]);
  expect(met(on("view", "*", "a"), on("view", "*", "b"))).toEqual([]);
  expect(met({ action: "*" }, { action: "logs" })).toEqual(["action:logs"]);
  expect(met({ action: "logs" }, { action: "exec" })).toEqual([]);
  expect(met({ action: "logs" }, on("view", "*"))).toEqual([]);
});

test("within an administrator's rights bindings stay as they are, each once, and within nobody's there are none", () => {
  const own: RoleBinding[] = [{ role: "edit", resource: "servers", name: "files" }, { action: "logs" }, { action: "logs" }];
  const granted = own.map((binding) => ({ binding, source: "own" }));
  const all = ALL_BINDINGS.map((binding) => ({ binding, source: "role:admin" }));
  expect(intersectBindings(granted, all)).toEqual(granted.slice(0, 2));
  expect(intersectBindings(granted, [])).toEqual([]);
});

test("the bindings of an intersection allow what the intersection allows, each from where the first side has it", () => {
  fc.assert(
    fc.property(grantedArbitrary, grantedArbitrary, requestArbitrary, (first, second, request) => {
      const met = intersectBindings(first, second);
      expect(allowedBy(met, request)).toBe(allowedBy(first, request) && allowedBy(second, request));
      for (const { binding, source } of met) {
        const origin = first.filter((by) => by.source === source);
        expect(coversBinding(compileRights(origin), binding)).toBe(true);
      }
    }),
    RUNS,
  );
});

test("who covers a binding is refused nothing that the binding allows", () => {
  fc.assert(
    fc.property(grantedArbitrary, bindingArbitrary, requestArbitrary, (granted, binding, request) => {
      const rights = compileRights(granted);
      if (!coversBinding(rights, binding) || !modelAllows(binding, request)) return;
      expect(rights.decide(request).allowed).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});

test("who holds a binding covers it, alone and among others", () => {
  fc.assert(
    fc.property(grantedArbitrary, bindingArbitrary, (granted, binding) => {
      expect(coversBinding(compileRights([...granted, { binding, source: "own" }]), binding)).toBe(true);
    }),
    RUNS,
  );
});

test("who does not cover a binding would gain something by it", () => {
  fc.assert(
    fc.property(grantedArbitrary, bindingArbitrary, (granted, binding) => {
      const rights = compileRights(granted);
      if (coversBinding(rights, binding)) return;
      const gained = probesOf(binding).some((request) => modelAllows(binding, request) && !rights.decide(request).allowed);
      expect(gained).toBe(true);
    }),
    RUNS,
  );
});

function allowedBy(granted: readonly GrantedBinding[], request: Parameters<typeof modelAllows>[1]): boolean {
  return granted.some(({ binding }) => modelAllows(binding, request));
}

function probesOf(binding: RoleBinding): readonly Parameters<typeof modelAllows>[1][] {
  if ("action" in binding) return [binding];
  return ROLES.map((verb) => ({ verb, resource: binding.resource, name: binding.name }));
}
