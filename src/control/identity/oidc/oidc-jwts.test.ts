import { afterEach, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { JWTPayload } from "jose";
import { guardedFetchJson } from "../http/guarded-fetch-json.ts";
import { START } from "../identity.fixture.ts";
import { FRESH_MS, MAX_AGE_MS, MIN_AGE_MS } from "./issuer-keys.ts";
import { type JwksServer, startJwksServer } from "./jwks-server.fixture.ts";
import type { OidcIssuer } from "./oidc-issuer.ts";
import { oidcJwts } from "./oidc-jwts.ts";

const NOW = START / 1000;
const started: JwksServer[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

/** A provider that signs with `algorithm`, trusted for that. */
async function setup(algorithm: OidcIssuer["algorithm"] = "ES256") {
  const server = await startJwksServer(algorithm);
  started.push(server);
  const time = { ms: START };
  const issuer: OidcIssuer = { issuer: server.issuer, audience: "mcpctl", algorithm, emailClaim: "email" };
  const fetchJson = guardedFetchJson({ isAllowedAddress: (address) => address === "127.0.0.1", allowHttp: true, timeoutMs: 1000 });
  const jwts = oidcJwts([issuer], { fetchJson, clock: { now: () => new Date(time.ms) } });
  const claims = (changed: JWTPayload = {}): JWTPayload => ({
    iss: server.issuer,
    aud: "mcpctl",
    sub: "ada@idp",
    iat: Math.floor(time.ms / 1000),
    exp: Math.floor(time.ms / 1000) + 300,
    ...changed,
  });
  const verify = (token: string) => jwts.verify(server.issuer, token);
  const sign = async (changed?: JWTPayload, header?: Readonly<Record<string, unknown>>) => await server.sign(claims(changed), header);
  const fetches = () => server.asked.filter((path) => path === "/keys").length;
  return { server, time, issuer, jwts, claims, verify, sign, fetches };
}

test.each(["RS256", "PS256", "ES256", "EdDSA"] as const)(
  "a JWT signed with %s is verified by the provider's published keys",
  async (algorithm) => {
    const { issuer, verify, sign, claims, server } = await setup(algorithm);
    expect(await verify(await sign())).toEqual({ issuer, payload: claims() });
    expect(server.asked).toEqual(["/.well-known/openid-configuration", "/keys"]);
  },
);

test("where the keys are said to be, nothing is discovered", async () => {
  const { server, verify, sign, issuer } = await setup();
  const jwksUrl = `${server.issuer}/keys`;
  const direct = oidcJwts([{ ...issuer, jwksUrl }], {
    fetchJson: guardedFetchJson({ isAllowedAddress: () => true, allowHttp: true }),
    clock: { now: () => new Date(START) },
  });
  expect(await direct.verify(issuer.issuer, await sign())).toBeDefined();
  expect(server.asked).toEqual(["/keys"]);
  expect(await verify(await sign())).toBeDefined();
});

test.each<[string, JWTPayload]>([
  ["another audience", { aud: "another" }],
  ["no audience", { aud: undefined } as unknown as JWTPayload],
  ["another issuer", { iss: "https://login.example" }],
  ["an expired one", { iat: NOW - 600, exp: NOW - 60 }],
  ["one that never ends", { exp: undefined } as unknown as JWTPayload],
  ["one from the future", { iat: NOW + 120 }],
  ["one that is not valid yet", { nbf: NOW + 120 }],
  ["one without a subject", { sub: undefined } as unknown as JWTPayload],
])("%s is not taken", async (_, changed) => {
  const { verify, sign } = await setup();
  expect(await verify(await sign())).toBeDefined();
  expect(await verify(await sign(changed))).toBeUndefined();
});

test("clocks may differ by half a minute", async () => {
  const { verify, sign } = await setup();
  expect(await verify(await sign({ iat: NOW + 29, exp: NOW + 300 }))).toBeDefined();
  expect(await verify(await sign({ exp: NOW - 29 }))).toBeDefined();
});

test("one algorithm is taken: not another of the same key, none, or an HMAC over the public key", async () => {
  const { server, verify, claims } = await setup("RS256");
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const payload = part(claims());
  const hmac = (secret: string) => {
    const input = `${part({ alg: "HS256", kid: "first" })}.${payload}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const { n = "" } = server.publicJwk();
  const forged = [`${part({ alg: "none", kid: "first" })}.${payload}.`, hmac(n), hmac(JSON.stringify(server.publicJwk()))];
  for (const token of forged) expect(await verify(token)).toBeUndefined();
  const other = await setup("RS512");
  const pinned = oidcJwts([{ ...other.issuer, algorithm: "RS256" }], {
    fetchJson: guardedFetchJson({ isAllowedAddress: () => true, allowHttp: true }),
    clock: { now: () => new Date(START) },
  });
  expect(await pinned.verify(other.issuer.issuer, await other.sign())).toBeUndefined();
  expect(await other.verify(await other.sign())).toBeDefined();
});

test("a token of one trusted issuer does not pass for another's, and of an unknown one nothing is fetched", async () => {
  const [first, second] = [await setup(), await setup()];
  const both = oidcJwts([first.issuer, second.issuer], {
    fetchJson: guardedFetchJson({ isAllowedAddress: () => true, allowHttp: true }),
    clock: { now: () => new Date(START) },
  });
  const impersonating = await second.server.sign(first.claims(), { kid: "first" });
  expect(await both.verify(first.issuer.issuer, impersonating)).toBeUndefined();
  expect(await both.verify(second.issuer.issuer, impersonating)).toBeUndefined();
  expect(await both.verify("https://login.example", impersonating)).toBeUndefined();
  expect(await both.verify(first.issuer.issuer, await first.sign())).toBeDefined();
});

test("keys are fetched once for many callers, and again when they have grown old", async () => {
  const { time, verify, sign, fetches } = await setup();
  const token = await sign({ exp: NOW + 7200 });
  await Promise.all(Array.from({ length: 20 }, () => verify(token)));
  time.ms += FRESH_MS - 1;
  await verify(token);
  expect(fetches()).toBe(1);
  time.ms += 1;
  await Promise.all(Array.from({ length: 20 }, () => verify(token)));
  expect(fetches()).toBe(2);
});

test("a key that is new is fetched when a token names it, but unknown ones are not asked for more than twice a minute", async () => {
  const { server, time, verify, sign, fetches } = await setup();
  const early = await sign({ exp: NOW + 7200 });
  await verify(early);
  await server.rotate("second");
  const late = await sign({ exp: NOW + 7200 });
  expect(await verify(late)).toBeUndefined();
  time.ms += MIN_AGE_MS;
  expect(await verify(late)).toBeDefined();
  expect([await verify(early), fetches()]).toEqual([{ issuer: expect.anything(), payload: expect.anything() }, 2]);
  for (let at = 0; at < 50; at += 1) expect(await verify(await sign({}, { kid: `unknown${at}` }))).toBeUndefined();
  expect(fetches()).toBe(2);
});

test("a key that was taken back verifies nothing once the keys are fetched anew", async () => {
  const { server, time, verify, sign } = await setup();
  const early = await sign({ exp: NOW + 7200 });
  expect(await verify(early)).toBeDefined();
  await server.rotate("second");
  server.forgetOldKeys();
  time.ms += FRESH_MS;
  expect(await verify(early)).toBeUndefined();
});

test("while the provider is away its keys serve on for a while; then nobody can tell, which is no refusal", async () => {
  const { server, time, verify, sign, fetches } = await setup();
  const token = await sign({ exp: NOW + 7200 });
  expect(await verify(token)).toBeDefined();
  server.instead = () => new Response(null, { status: 500 });
  time.ms += FRESH_MS;
  expect(await verify(token)).toBeDefined();
  await Promise.all(Array.from({ length: 20 }, () => verify(token)));
  expect(fetches()).toBe(2);
  time.ms = START + MAX_AGE_MS;
  await expect(verify(token)).rejects.toMatchObject({ code: "unavailable", reason: "JWKS_UNAVAILABLE" });
  server.instead = undefined;
  time.ms += MIN_AGE_MS;
  expect(await verify(token)).toBeDefined();
});

test.each<[string, () => Response]>([
  ["a redirect", () => Response.redirect("/elsewhere")],
  ["no keys", () => Response.json({ keys: "none" })],
  ["too many keys", () => Response.json({ keys: Array(101).fill({ kty: "RSA" }) })],
  ["no JSON", () => new Response("keys")],
  ["too much", () => new Response(`{"keys":[],"x":"${"x".repeat(300_000)}"}`)],
])("keys that come as %s are none", async (_, instead) => {
  const { server, verify, sign } = await setup();
  server.instead = instead;
  await expect(verify(await sign())).rejects.toMatchObject({ code: "unavailable", reason: "JWKS_UNAVAILABLE" });
});

test("a discovery document of another issuer is not followed", async () => {
  const { server, sign, issuer } = await setup();
  const asked: string[] = [];
  const jwts = oidcJwts([issuer], {
    clock: { now: () => new Date(START) },
    fetchJson: async (url) => {
      asked.push(url);
      return { issuer: "https://login.example", jwks_uri: `${server.issuer}/keys` };
    },
  });
  await expect(jwts.verify(issuer.issuer, await sign())).rejects.toMatchObject({ reason: "JWKS_UNAVAILABLE" });
  expect(asked).toEqual([`${server.issuer}/.well-known/openid-configuration`]);
});
