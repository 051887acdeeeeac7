import { expect, test } from "bun:test";
import { oidcIssuersSchema } from "./oidc-issuer.ts";

const GOOD = { issuer: "https://login.example/", audience: "mcpctl", algorithm: "RS256" };

test("an issuer needs its name, our name with it and its algorithm; users are mapped by their email", () => {
  expect(oidcIssuersSchema.parse([GOOD])).toEqual([{ ...GOOD, emailClaim: "email" } as never]);
});

test.each([
  ["plain http", { issuer: "http://login.example" }],
  ["a URL with a user", { issuer: "https://me@login.example" }],
  ["a query", { issuer: "https://login.example?x" }],
  ["keys over http", { jwks_url: "http://login.example/keys" }],
  ["no audience", { audience: "" }],
  ["no algorithm", { algorithm: "none" }],
  ["an algorithm by which verifiers could sign", { algorithm: "HS256" }],
  ["two algorithms", { algorithm: ["RS256", "ES256"] }],
  ["a field that nobody knows", { secret: "x" }],
])("%s is refused", (_, fields) => {
  expect(oidcIssuersSchema.safeParse([{ ...GOOD, ...fields }]).success).toBe(false);
});

test("an issuer is named once, and there are at most 20", () => {
  expect(oidcIssuersSchema.safeParse([GOOD, GOOD]).success).toBe(false);
  const many = Array.from({ length: 21 }, (_, at) => ({ ...GOOD, issuer: `https://login${at}.example` }));
  expect([oidcIssuersSchema.safeParse(many).success, oidcIssuersSchema.safeParse(many.slice(1)).success]).toEqual([false, true]);
});
