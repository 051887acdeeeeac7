import { afterEach, expect, test } from "bun:test";
import { answersOf, type IdentityProvider, startIdentityProvider } from "./identity-provider.fixture.ts";
import { TokenValidator } from "./token-validator.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const started: IdentityProvider[] = [];

afterEach(async () => {
  for (const provider of started.splice(0)) await provider.close();
});

async function setup(options: { readonly maxEntries?: number } = {}) {
  const provider = await startIdentityProvider(answersOf({ root: ["admin"], ada: ["view"] }));
  started.push(provider);
  const time = { ms: START };
  const validator = new TokenValidator({ url: provider.url, clock: { now: () => new Date(time.ms) }, ...options });
  return { provider, time, validator };
}

test("a token is validated by the identity provider, which says whose it is", async () => {
  const { provider, validator } = await setup();
  expect(await validator.validate("root")).toEqual({ username: "root", roles: ["admin"] });
  expect(await validator.validate("stranger")).toBeUndefined();
  expect(provider.asked).toEqual([
    { path: "POST /v1/token/validate", body: { token: "root" } },
    { path: "POST /v1/token/validate", body: { token: "stranger" } },
  ]);
});

test("same token within 30 s returns the cached result, also where the provider says another thing by then or is away", async () => {
  const { provider, time, validator } = await setup();
  const [first, none] = [await validator.validate("root"), await validator.validate("stranger")];
  provider.answer = () => new Response(null, { status: 500 });
  time.ms += 29_999;
  expect(await validator.validate("root")).toBe(first);
  expect(await validator.validate("stranger")).toBe(none);
  expect(provider.asked).toHaveLength(2);
  provider.answer = () => Response.json({ valid: false });
  time.ms += 1;
  expect(await validator.validate("root")).toBeUndefined();
  expect(provider.asked).toHaveLength(3);
});

test("the cache knows tokens apart by every character", async () => {
  const { validator } = await setup();
  expect(await validator.validate("root")).toBeDefined();
  for (const other of ["Root", "root ", "roo", "rooot", ""]) expect(await validator.validate(other)).toBeUndefined();
});

test("callers that ask at the same moment share one question", async () => {
  const { provider, validator } = await setup();
  const answers = await Promise.all(Array.from({ length: 20 }, () => validator.validate("root")));
  expect(new Set(answers).size).toBe(1);
  expect(provider.asked).toHaveLength(1);
});

test("that the provider could not be asked is never kept, and never taken for an invalid token", async () => {
  const { provider, validator } = await setup();
  for (const failure of [
    () => new Response(null, { status: 503 }),
    () => new Response("no JSON"),
    () => Response.json({ username: "root" }),
    () => Response.redirect("/elsewhere"),
  ]) {
    const before = provider.answer;
    provider.answer = failure;
    await expect(validator.validate("root")).rejects.toMatchObject({ name: "AppError" });
    provider.answer = before;
  }
  expect(await validator.validate("root")).toBeDefined();
});

test("a provider that is not there is said to be", async () => {
  const { provider, validator } = await setup();
  await provider.close();
  await expect(validator.validate("root")).rejects.toMatchObject({ code: "unavailable", reason: "API_UNREACHABLE" });
});

test("a provider that does not answer is given up", async () => {
  const provider = await startIdentityProvider(() => new Promise<Response>(() => undefined));
  started.push(provider);
  const validator = new TokenValidator({ url: provider.url, clock: { now: () => new Date(START) }, timeoutMs: 50 });
  await expect(validator.validate("root")).rejects.toMatchObject({ code: "unavailable" });
});

test("a token that ends within the 30 s is good until then and no longer", async () => {
  const { provider, time, validator } = await setup();
  provider.answer = () => Response.json({ valid: true, username: "root", roles: ["admin"], expires_at: "2026-01-01T00:00:10Z" });
  expect(await validator.validate("root")).toBeDefined();
  time.ms += 9999;
  expect(await validator.validate("root")).toBeDefined();
  expect(provider.asked).toHaveLength(1);
  time.ms += 1;
  expect(await validator.validate("root")).toBeUndefined();
  expect(provider.asked).toHaveLength(2);
});

test("it keeps no more answers than its bound", async () => {
  const { provider, validator } = await setup({ maxEntries: 2 });
  for (const token of ["a", "b", "root", "root", "b", "a"]) await validator.validate(token);
  expect(provider.asked.map(({ body }) => body.token)).toEqual(["a", "b", "root", "a"]);
});

test("a token that is longer than any is not sent", async () => {
  const { provider, validator } = await setup();
  expect(await validator.validate("x".repeat(8193))).toBeUndefined();
  expect(provider.asked).toEqual([]);
});

test("where the provider is away, an older answer serves who only reads, for a quarter of an hour", async () => {
  const { provider, time, validator } = await setup();
  await validator.validate("root");
  await validator.validate("stranger");
  provider.answer = () => new Response(null, { status: 503 });
  time.ms += 60_000;
  await expect(validator.validate("root")).rejects.toMatchObject({ code: "unavailable" });
  expect(await validator.validate("root", { evenStale: true })).toEqual({ username: "root", roles: ["admin"] });
  await expect(validator.validate("stranger", { evenStale: true })).rejects.toMatchObject({ code: "unavailable" });
  await expect(validator.validate("never seen", { evenStale: true })).rejects.toMatchObject({ code: "unavailable" });
  time.ms += 14 * 60_000;
  await expect(validator.validate("root", { evenStale: true })).rejects.toMatchObject({ code: "unavailable" });
});

test("an older answer serves no longer than its token, and not against a provider that has another one", async () => {
  const { provider, time, validator } = await setup();
  provider.answer = () => Response.json({ valid: true, username: "root", roles: ["admin"], expires_at: "2026-01-01T00:01:00Z" });
  await validator.validate("root");
  provider.answer = () => new Response(null, { status: 503 });
  time.ms += 59_999;
  expect(await validator.validate("root", { evenStale: true })).toBeDefined();
  time.ms += 1;
  await expect(validator.validate("root", { evenStale: true })).rejects.toMatchObject({ code: "unavailable" });
  provider.answer = () => Response.json({ valid: false });
  expect(await validator.validate("root", { evenStale: true })).toBeUndefined();
});

test("a token that is for one node says so", async () => {
  const { provider, validator } = await setup();
  provider.answer = () => Response.json({ valid: true, username: "gateway", roles: ["proxy"], node: "edge" });
  expect(await validator.validate("key")).toEqual({ username: "gateway", roles: ["proxy"], node: "edge" });
});

test("a clock that is set back makes no answer serve longer, and one that is set on asks anew", async () => {
  const { provider, time, validator } = await setup();
  await validator.validate("root");
  provider.answer = () => Response.json({ valid: false });
  time.ms -= 3_600_000;
  expect(await validator.validate("root")).toBeUndefined();
  provider.answer = answersOf({ root: ["admin"] });
  time.ms += 2 * 3_600_000;
  expect(await validator.validate("root")).toBeDefined();
});
