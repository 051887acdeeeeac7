import { afterEach, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";
import { guardedFetchJson } from "../http/guarded-fetch-json.ts";
import { START } from "../identity.fixture.ts";
import { type JwksServer, startJwksServer } from "../oidc/jwks-server.fixture.ts";
import { type MultiUserJwts, multiUserResolver } from "./multi-user-resolver.ts";

const NOW = START / 1000;
const SECRET = new TextEncoder().encode("a secret of more than thirty-two bytes");
const CLAIMS = { sub: "ann", exp: NOW + 300, scope: "mcp:read mcp:call" };

const started: JwksServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

const resolverFor = (settings: Partial<MultiUserJwts> = {}, at = START) =>
  multiUserResolver(
    { key: { kind: "secret", secret: SECRET }, issuer: undefined, audience: undefined, project: undefined, ...settings },
    {
      clock: { now: () => new Date(at) },
      fetchJson: guardedFetchJson({ isAllowedAddress: (address) => address === "127.0.0.1", allowHttp: true, timeoutMs: 1000 }),
    },
  );

const sign = (claims: JWTPayload, secret = SECRET, alg = "HS256") => new SignJWT(claims).setProtectedHeader({ alg }).sign(secret);

const without = (claim: keyof typeof CLAIMS): JWTPayload => ({ ...CLAIMS, [claim]: undefined });

test("a JWT by the shared secret opens what its scopes say, until it expires", async () => {
  const grant = await resolverFor().resolve(await sign(CLAIMS));
  expect(grant).toMatchObject({
    principal: { kind: "jwt", name: "ann", id: expect.stringMatching(/^ext_[0-9a-f]{32}$/) },
    scopes: ["mcp:read", "mcp:call"],
    expiresAt: new Date(CLAIMS.exp * 1000).toISOString(),
  });
  expect((await resolverFor().resolve(await sign({ ...CLAIMS, scope: "mcp:read" })))?.scopes).toEqual(["mcp:read"]);
  expect((await resolverFor().resolve(await sign(without("scope"))))?.bindings).toEqual([]);
});

test("two subjects are two principals, and so are two issuers' of one subject; every replica says the same", async () => {
  const idOf = async (claims: JWTPayload) => (await resolverFor().resolve(await sign({ ...CLAIMS, ...claims })))?.principal.id;
  const ids = [
    await idOf({}),
    await idOf({ sub: "bob" }),
    await idOf({ iss: "https://a.example" }),
    await idOf({ iss: "https://b.example" }),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(await idOf({})).toBe(ids[0]);
});

test.each([
  ["no exp", without("exp")],
  ["no sub", without("sub")],
  ["an exp that has passed", { ...CLAIMS, exp: NOW - 31 }],
  ["an nbf to come", { ...CLAIMS, nbf: NOW + 60 }],
  ["an iat in the future", { ...CLAIMS, iat: NOW + 60 }],
  ["an allow_servers that cannot be read", { ...CLAIMS, allow_servers: 7 }],
  ["a project that is no name", { ...CLAIMS, project: "../other" }],
])("%s opens nothing", async (_, claims) => {
  expect(await resolverFor().resolve(await sign(claims as JWTPayload))).toBeUndefined();
});

test("another secret, another algorithm and a changed claim open nothing", async () => {
  const [head, , tail] = (await sign(CLAIMS)).split(".");
  const forged = `${head}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: "root" })).toString("base64url")}.${tail}`;
  const other = await sign(CLAIMS, new TextEncoder().encode("another secret of more than 32 bytes!"));
  for (const token of [forged, other]) expect(await resolverFor().resolve(token)).toBeUndefined();
  const longer = new TextEncoder().encode("x".repeat(64));
  expect(resolverFor().takes(await sign(CLAIMS, longer, "HS512"))).toBe(false);
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify(CLAIMS)).toString("base64url")}.x`;
  expect([resolverFor().takes(none), await resolverFor().resolve(none)]).toEqual([false, undefined]);
});

test("issuer and audience are held to where they are named; JWTs of other issuers are for others to judge", async () => {
  const strict = resolverFor({ issuer: "https://a.example", audience: "mcp" });
  const good = await sign({ ...CLAIMS, iss: "https://a.example", aud: ["mcp", "x"] });
  expect([strict.takes(good), await strict.resolve(good)]).toMatchObject([true, { principal: { name: "ann" } }]);
  expect(await strict.resolve(await sign({ ...CLAIMS, iss: "https://a.example", aud: "other" }))).toBeUndefined();
  expect(await strict.resolve(await sign({ ...CLAIMS, iss: "https://a.example" }))).toBeUndefined();
  const foreign = await sign({ ...CLAIMS, iss: "https://b.example", aud: "mcp" });
  expect([strict.takes(foreign), await strict.resolve(foreign)]).toEqual([false, undefined]);
});

test("the project is the claim's, else the gateway's own", async () => {
  const projectOf = async (claims: JWTPayload, project?: string) =>
    (await resolverFor({ project }).resolve(await sign({ ...CLAIMS, ...claims })))?.principal;
  expect(await projectOf({ project: "demo" }, "default")).toMatchObject({ project: "demo" });
  expect(await projectOf({}, "default")).toMatchObject({ project: "default" });
  expect(await projectOf({})).not.toHaveProperty("project");
});

test("keys at a URL prove what they have signed, and no public key serves as a secret", async () => {
  const server = await startJwksServer("ES256");
  started.push(server);
  const url = `${server.issuer.replace(/\/$/, "")}/keys`;
  const resolver = resolverFor({ key: { kind: "jwks", url } });
  const signed = await server.sign(CLAIMS);
  expect([resolver.takes(signed), await resolver.resolve(signed)]).toMatchObject([true, { principal: { name: "ann" } }]);
  const body = (await sign(CLAIMS)).split(".").slice(0, 2).join(".");
  const confused = `${body}.${createHmac("sha256", JSON.stringify(await (await fetch(url)).json()))
    .update(body)
    .digest("base64url")}`;
  expect([resolver.takes(confused), await resolver.resolve(confused)]).toEqual([false, undefined]);
});
