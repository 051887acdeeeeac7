import { expect, test } from "bun:test";
import type { Grant } from "../../api/grant.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { sqlAccountStore } from "../identity/sql-account-store.ts";
import { createMcpToken } from "../token/create-mcp-token.ts";
import { revokeMcpToken } from "../token/end-mcp-token.ts";
import { CI, NOW, tokenSetup } from "../token/tokens.fixture.ts";
import { currentGrant } from "./current-grant.ts";

const VIEW = { role: "view", resource: "servers" } as const;
const RUN = { role: "run", resource: "servers" } as const;
const later = (ms: number) => new Date(NOW.getTime() + ms);

async function setup() {
  const world = await tokenSetup();
  const { db, deps } = world;
  const accounts = sqlAccountStore(db, plainChangeLog(db));
  return { ...world, now: (then: Grant) => currentGrant({ ...deps, accounts }, then) };
}

const namesOf = (grant: Grant | undefined) => grant?.bindings.map(({ binding }) => ("role" in binding ? binding.role : binding.action));

test("a token may do what it may do now, and nothing once it is revoked, has expired or its owner is disabled", async () => {
  const { db, deps, resolver, actorOf, setTime, now } = await setup();
  const ada = await actorOf("ada");
  const make = async (name: string) => {
    const { raw } = await createMcpToken(deps, ada, { ...CI, name, roleBindings: [VIEW], expiresAt: later(1000) });
    const grant = await resolver.resolve(raw);
    if (grant === undefined) throw new Error("it opens nothing");
    return grant;
  };
  const [kept, revoked] = [await make("kept"), await make("revoked")];
  expect(await now(kept)).toMatchObject({ principal: kept.principal, bindings: kept.bindings, scopes: kept.scopes });
  await revokeMcpToken(deps, ada, { id: "revoked", project: "one" });
  expect(await now(revoked)).toBeUndefined();
  await db.updateTable("users").set({ disabled: 1 }).where("id", "=", "usr_ada").execute();
  expect(await now(kept)).toBeUndefined();
  await db.updateTable("users").set({ disabled: 0 }).where("id", "=", "usr_ada").execute();
  expect(await now(kept)).toBeDefined();
  setTime(later(1000));
  expect(await now(kept)).toBeUndefined();
});

test("a user may do what they may do now, within the scopes that they had, also where their session or JWT has ended", async () => {
  const { db, give, now } = await setup();
  await give("dev", VIEW, RUN);
  const user = { kind: "user", id: "usr_dev", name: "dev" } as const;
  const jwt = { kind: "jwt", id: "usr_dev", name: "dev", userId: "usr_dev" } as const;
  const then = { bindings: [], scopes: ["mcp:read"] as Grant["scopes"], expiresAt: later(-1).toISOString() };
  for (const principal of [user, jwt]) {
    const grant = await now({ ...then, principal });
    expect([namesOf(grant), grant?.scopes]).toEqual([["view", "run"], ["mcp:read"]]);
  }
  await give("dev");
  expect(namesOf(await now({ ...then, principal: user }))).toEqual([]);
  await db.updateTable("users").set({ disabled: 1 }).where("id", "=", "usr_dev").execute();
  expect([await now({ ...then, principal: user }), await now({ ...then, principal: { ...user, id: "usr_gone" } })]).toEqual([
    undefined,
    undefined,
  ]);
});

test("a JWT that stands for no user opens what it opened, until it has expired", async () => {
  const { now } = await setup();
  const principal = { kind: "jwt", id: "ext_1", name: "robot" } as const;
  const then: Grant = {
    principal,
    bindings: [{ binding: RUN, source: "scope:mcp:call" }],
    scopes: ["mcp:call"],
    expiresAt: later(1).toISOString(),
  };
  expect(await now(then)).toEqual(then);
  expect(await now({ ...then, expiresAt: NOW.toISOString() })).toBeUndefined();
});
