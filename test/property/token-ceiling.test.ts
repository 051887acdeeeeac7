import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { callerOf } from "../../src/api/grant.ts";
import { aBinding, aRequest } from "../../src/control/token/bindings.fixture.ts";
import { createMcpToken } from "../../src/control/token/create-mcp-token.ts";
import { CI, tokenSetup } from "../../src/control/token/tokens.fixture.ts";
import { aUser, seedUsers } from "../../src/control/user/user.fixture.ts";
import { AppError } from "../../src/core/app-error.ts";
import { type Caller, callerCovers } from "../../src/core/caller.ts";
import type { RoleBinding } from "../../src/core/permission.ts";

setDefaultTimeout(60_000);

const CREATE: RoleBinding = { role: "create", resource: "mcptokens", name: "one/*" };

/** A creator with what they hold, what they ask for, and what they still hold afterwards. */
const anAttempt = fc.record({
  held: fc.array(aBinding, { maxLength: 5 }),
  asked: fc.array(aBinding, { maxLength: 2 }),
  /** Which of what they hold they ask for besides: not every attempt is a greedy one. */
  own: fc.array(fc.nat(4), { maxLength: 2 }),
  rbac: fc.constantFrom("empty" as const, "clone" as const),
  kept: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  requests: fc.array(aRequest, { minLength: 30, maxLength: 30 }),
});

test("of 1,000 creators and requests no token can do what its creator cannot, then and after they have lost rights", async () => {
  const { db, deps, resolver, actorOf, give } = await tokenSetup();
  let [count, made, refused, allowed] = [0, 0, 0, 0];
  const within = (token: Caller, owner: Caller, requests: readonly Parameters<Caller["rights"]["decide"]>[0][]) => {
    for (const request of requests) {
      if (!token.rights.decide(request).allowed) continue;
      allowed += 1;
      expect([request, owner.rights.decide(request).allowed]).toEqual([request, true]);
    }
  };
  const tokenOf = async (raw: string) => {
    const grant = await resolver.resolve(raw);
    if (grant === undefined) throw new Error("the token opens nothing");
    return callerOf(grant);
  };
  await fc.assert(
    fc.asyncProperty(anAttempt, async ({ held, asked, own, rbac, kept, requests }) => {
      const username = `creator-${count++}`;
      await seedUsers(db, aUser(username));
      await give(username, CREATE, ...held);
      const creator = await actorOf(username);
      const roleBindings = [...asked, ...own.flatMap((index) => held.slice(index, index + 1))];
      const greedy = roleBindings.some((binding) => !callerCovers(creator.caller, binding));
      const result = await createMcpToken(deps, creator, { ...CI, name: username, rbac, roleBindings }).catch((thrown: unknown) => thrown);
      if (result instanceof AppError) {
        expect([result.reason, greedy]).toEqual(["RIGHTS_NOT_HELD", true]);
        refused += 1;
        return;
      }
      const { raw } = result as Awaited<ReturnType<typeof createMcpToken>>;
      made += 1;
      expect(greedy).toBe(false);
      within(await tokenOf(raw), creator.caller, requests);
      await give(username, ...held.filter((_, index) => kept[index]));
      within(await tokenOf(raw), (await actorOf(username)).caller, requests);
    }),
    { numRuns: 1000 },
  );
  expect(count).toBe(1000);
  // It would prove nothing if all were refused, or none, or no token could do a thing.
  for (const number of [made, refused, allowed]) expect(number).toBeGreaterThan(100);
});
