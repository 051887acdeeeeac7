import { expect, test } from "bun:test";
import fc from "fast-check";
import { roleBindingSchema } from "../../src/api/grant.ts";
import type { Subject } from "../../src/api/resources/rbac-definition.ts";
import type { UserRole } from "../../src/api/resources/user.ts";
import { type AccessWorld, withAccessWorld } from "../../src/control/access/access-world.fixture.ts";
import type { Actor } from "../../src/control/access/actor.ts";
import { createGroup } from "../../src/control/group/create-group.ts";
import { updateGroup } from "../../src/control/group/update-group.ts";
import { seedDefinition, seedGroup } from "../../src/control/rbac/access-seeds.fixture.ts";
import { createDefinition } from "../../src/control/rbac/create-definition.ts";
import { updateDefinition } from "../../src/control/rbac/update-definition.ts";
import { createUser } from "../../src/control/user/create-user.ts";
import { updateUser } from "../../src/control/user/update-user.ts";
import { aUser, seedUsers } from "../../src/control/user/user.fixture.ts";
import { AppError } from "../../src/core/app-error.ts";
import { bindingArbitrary, requestArbitrary } from "../../src/core/bindings.fixture.ts";
import { type AccessRequest, compileRights, type Rights, ROLES, type RoleBinding } from "../../src/core/permission.ts";

const RUNS = 1000;
const TIMEOUT_MS = 120_000;
const PASSWORD = "correct horse battery";
const EMAIL = "waiting@example.org";

/** What lets the creator's requests come as far as the question whether they hold what they hand out. */
const CLERK: readonly RoleBinding[] = (["rbac", "groups", "users"] as const).flatMap((resource) => [
  { role: "create" as const, resource },
  { role: "edit" as const, resource },
]);

/** What a request of the creator's is; `takes`: who it lets them act as, should it succeed. */
interface Deed {
  readonly run: (world: AccessWorld, creator: Actor) => Promise<unknown>;
  readonly takes?: string;
}

/** Those that a request can name: none is named `*`. */
const aBinding = bindingArbitrary.filter((binding) => roleBindingSchema.safeParse(binding).success);
const bindings = fc.array(aBinding, { minLength: 1, maxLength: 3 });
const subject = fc.constantFrom<Subject>(
  { kind: "User", name: "eve" },
  { kind: "User", name: "mal" },
  { kind: "User", name: "boss" },
  { kind: "User", name: EMAIL },
  { kind: "Group", name: "dev" },
);
const subjects = fc.array(subject, { minLength: 1, maxLength: 2 });
const user = fc.constantFrom("mal", "boss", "off");
const role = fc.constantFrom<UserRole>("admin", ...ROLES);
const email = fc.constantFrom(EMAIL, "free@example.org", null);

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(subjects, bindings).map(([to, given]) => ({
    run: (world: AccessWorld, eve: Actor) => createDefinition(world, eve, { name: "made", subjects: to, roleBindings: given }),
  })),
  fc.record({ subjects: fc.option(subjects, { nil: undefined }), roleBindings: fc.option(bindings, { nil: undefined }) }).map((patch) => ({
    run: (world: AccessWorld, eve: Actor) => updateDefinition(world, eve, "strong", patch),
  })),
  fc.subarray(["eve", "mal", "off"]).map((members) => ({
    run: (world: AccessWorld, eve: Actor) => updateGroup(world, eve, "dev", { members }),
  })),
  fc.constantFrom("dev", "new").map((name) => ({
    run: (world: AccessWorld, eve: Actor) => createGroup(world, eve, { name, description: "", members: ["eve", "mal"] }),
  })),
  fc.tuple(fc.subarray(["admin", ...ROLES] as UserRole[], { maxLength: 1 }), email).map(([roles, address]) => ({
    takes: "made",
    run: (world: AccessWorld, eve: Actor) =>
      createUser(world, eve, { username: "made", email: address, roles, disabled: false, password: PASSWORD }),
  })),
  fc.tuple(user, fc.array(role, { maxLength: 2 })).map(([name, roles]) => ({
    run: (world: AccessWorld, eve: Actor) => updateUser(world, eve, name, { roles }),
  })),
  fc.tuple(user, fc.constantFrom({ password: PASSWORD }, { email: "mine@example.org" }, { email: EMAIL })).map(([name, patch]) => ({
    takes: name,
    run: (world: AccessWorld, eve: Actor) => updateUser(world, eve, name, patch),
  })),
  fc.boolean().map((disabled) => ({
    run: (world: AccessWorld, eve: Actor) => updateUser(world, eve, "off", { disabled }),
  })),
);

interface Start {
  readonly held: readonly RoleBinding[];
  readonly ofBoss: readonly RoleBinding[];
  readonly ofDev: readonly RoleBinding[];
  readonly waiting: readonly RoleBinding[];
  readonly bossRoles: readonly UserRole[];
}

const start: fc.Arbitrary<Start> = fc.record({
  held: fc.array(aBinding, { maxLength: 4 }),
  ofBoss: bindings,
  ofDev: bindings,
  waiting: bindings,
  bossRoles: fc.array(role, { maxLength: 1 }),
});

/** `eve` asks; `boss` and the disabled `off` hold more by the definition `strong`, the group `dev` and the email by theirs. */
async function seed({ db }: AccessWorld, { held, ofBoss, ofDev, waiting, bossRoles }: Start): Promise<void> {
  for (const table of ["rbac_subjects", "rbac_definitions", "user_group_members", "user_groups", "users"] as const) {
    await db.deleteFrom(table).execute();
  }
  const boss = aUser("boss", { roles: bossRoles });
  await seedUsers(db, aUser("admin", { roles: ["admin"] }), aUser("eve"), aUser("mal"), boss, aUser("off", { disabled: true }));
  await seedGroup(db, "dev", ["usr_boss"]);
  await seedDefinition(db, "eves", [{ kind: "User", name: "eve" }], [...CLERK, ...held]);
  await seedDefinition(
    db,
    "strong",
    [
      { kind: "User", name: "boss" },
      { kind: "User", name: "off" },
    ],
    ofBoss,
  );
  await seedDefinition(db, "devs", [{ kind: "Group", name: "dev" }], ofDev);
  await seedDefinition(db, "waits", [{ kind: "User", name: EMAIL }], waiting);
}

/** What each user may do now; who is disabled may do nothing. */
async function rightsOfAll(world: AccessWorld): Promise<ReadonlyMap<string, Rights>> {
  const byName = { field: "username", descending: false } as const;
  const { items } = await world.users.page({}, { limit: 20, after: undefined, sort: byName, names: undefined });
  const rights = new Map<string, Rights>();
  for (const each of items) rights.set(each.username, compileRights(each.disabled ? [] : await world.bindings.ofUser(each)));
  return rights;
}

interface Tally {
  done: number;
  refused: number;
}

/** Whom the creator can act as when all that succeeds has succeeded. */
async function runDeeds(world: AccessWorld, deeds: readonly Deed[], tally: Tally): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  for (const { run, takes } of deeds) {
    try {
      await run(world, await world.actorOf("eve"));
      tally.done += 1;
      if (takes !== undefined) taken.add(takes);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      if (thrown.reason === "RIGHTS_NOT_HELD") tally.refused += 1;
    }
  }
  return taken;
}

/** The rights that somebody has now and had not, or that the creator has through somebody now, beyond `ceiling`. */
function gainsBeyond(
  ceiling: Rights,
  [before, after]: readonly [ReadonlyMap<string, Rights>, ReadonlyMap<string, Rights>],
  taken: ReadonlySet<string>,
  probes: readonly AccessRequest[],
) {
  return [...after].flatMap(([username, rights]) =>
    probes
      .filter((probe) => rights.decide(probe).allowed && !ceiling.decide(probe).allowed)
      .filter((probe) => taken.has(username) || before.get(username)?.decide(probe).allowed !== true)
      .map((probe) => ({ username, probe })),
  );
}

function probesOf(given: readonly RoleBinding[]): AccessRequest[] {
  return given.flatMap((binding): AccessRequest[] =>
    "action" in binding ? [binding] : ROLES.map((verb) => ({ verb, resource: binding.resource, name: binding.name })),
  );
}

const EVERYTHING: RoleBinding[] = [...ROLES.map((each) => ({ role: each, resource: "*" }) as const), { action: "*" }];

test(
  "no role-binding definition, group or user can be made or changed so that anybody gains a right that its creator does not hold",
  () =>
    withAccessWorld(async (world) => {
      const tally: Tally = { done: 0, refused: 0 };
      const deeds = fc.array(deed, { minLength: 1, maxLength: 4 });
      const requests = fc.array(requestArbitrary, { maxLength: 20 });
      const property = fc.asyncProperty(start, deeds, requests, async (first, asked, more) => {
        await seed(world, first);
        const held = [...CLERK, ...first.held];
        const ceiling = compileRights(held.map((binding) => ({ binding, source: "" })));
        const before = await rightsOfAll(world);
        const taken = await runDeeds(world, asked, tally);
        const probes = [...more, ...probesOf([...held, ...first.ofBoss, ...first.ofDev, ...first.waiting, ...EVERYTHING])];
        expect(gainsBeyond(ceiling, [before, await rightsOfAll(world)], taken, probes)).toEqual([]);
      });
      await fc.assert(property, { numRuns: RUNS });
      // Both answers are common, so the property has had something to say.
      expect(tally.done).toBeGreaterThan(RUNS / 10);
      expect(tally.refused).toBeGreaterThan(RUNS / 10);
    }),
  TIMEOUT_MS,
);
