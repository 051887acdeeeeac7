import { expect, test } from "bun:test";
import { decideAccess } from "../../core/caller.ts";
import { ACTIONS, ALL_BINDINGS, RESOURCES, ROLES } from "../../core/permission.ts";
import { adminNamed, userWith } from "../snapshot/nouns.fixture.ts";
import { auditActor } from "./actor.ts";
import { holdsEverything } from "./holds-everything.ts";
import { systemActor } from "./system-actor.ts";

test("the installation itself may do everything, in every project", () => {
  const { caller } = systemActor();
  for (const resource of RESOURCES) {
    for (const verb of ROLES) {
      expect(decideAccess(caller, { verb, resource }).allowed).toBe(true);
      expect(decideAccess(caller, { verb, resource, name: "demo/x" }, "demo").allowed).toBe(true);
    }
  }
  for (const action of ACTIONS) expect(decideAccess(caller, { action }).allowed).toBe(true);
  expect(auditActor(systemActor("trace-1"))).toMatchObject({ actorKind: "system", actorName: "system", traceId: "trace-1" });
});

test("who lacks one right of all there are does not hold everything", () => {
  expect(holdsEverything(systemActor().caller)).toBe(true);
  expect(holdsEverything(adminNamed("ada").caller)).toBe(true);
  for (const lacking of ALL_BINDINGS) {
    const rest = ALL_BINDINGS.filter((binding) => binding !== lacking);
    // `edit` implies two others, which are then not lacking at all.
    const isImplied = "role" in lacking && (lacking.role === "view" || lacking.role === "run");
    expect(holdsEverything(userWith("ada", ...rest).caller)).toBe(isImplied);
  }
  const byKind = RESOURCES.flatMap((resource) => ROLES.map((role) => ({ role, resource }) as const));
  expect(holdsEverything(userWith("ada", ...byKind, { action: "*" }).caller)).toBe(false);
  expect(holdsEverything({ ...adminNamed("ada").caller, allowServers: ["files"] })).toBe(false);
});
