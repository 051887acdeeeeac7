import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { type JWTPayload, SignJWT } from "jose";
import { secretBox } from "../../../core/secret-box.ts";
import { openMemoryDatabase } from "../../../store/memory-database.fixture.ts";
import { plainChangeLog } from "../../change/plain-change-log.fixture.ts";
import { START } from "../identity.fixture.ts";
import { installationOf, type JwtUse } from "./installation.ts";
import { issueJwt, looksLikeJwt, verifyJwt } from "./own-jwts.ts";
import { SigningKeys } from "./signing-keys.ts";
import { sqlSigningKeyStore } from "./sql-signing-key-store.ts";

const ours = installationOf("ours");
const NOW = START / 1000;

const db = await openMemoryDatabase();
const time = { ms: START };
const clock = { now: () => new Date(time.ms) };
const box = secretBox({ current: { number: 1, key: new Uint8Array(32).fill(1) }, previous: [] });
const keys = new SigningKeys({ store: sqlSigningKeyStore(db, plainChangeLog(db)), box, clock });
const deps = { keys, installation: ours, clock };

const verify = (token: string, use: JwtUse = ours.agents) => verifyJwt(deps, use, token);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const GOOD: JWTPayload = { iss: ours.issuer, aud: ours.agents.audience, sub: "usr_1", jti: "1", iat: NOW, exp: NOW + 3600 };
const HEADER = { alg: "EdDSA", typ: ours.agents.typ, kid: "k1" };

/** Signed by our own key, whatever it says. */
async function signed(claims: JWTPayload, header = HEADER): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader(header).sign((await keys.signer()).privateKey);
}

/** Signed by nobody, or by an HMAC with `secret`. */
function unsigned(header: object, secret?: string): string {
  const input = `${base64url(header)}.${base64url(GOOD)}`;
  return `${input}.${secret === undefined ? "" : createHmac("sha256", secret).update(input).digest("base64url")}`;
}

test("a token of ours is good for an hour, for the use it was made for", async () => {
  const { token, expiresAt, jti } = await issueJwt(deps, ours.agents, "usr_1", { roles: ["admin"] });
  expect(await verify(token)).toEqual({
    iss: "urn:mcpctl:ours",
    aud: "ours/agents",
    sub: "usr_1",
    jti,
    iat: NOW,
    exp: NOW + 3600,
    roles: ["admin"],
  });
  expect(jti).toMatch(/^[0-9a-f]{32}$/);
  expect(expiresAt).toEqual(new Date(START + 3_600_000));
  expect((await issueJwt(deps, ours.agents, "usr_1", {})).jti).not.toBe(jti);
  time.ms = START + 3_600_000 - 1;
  expect(await verify(token)).toBeDefined();
  time.ms = START + 3_600_000 + 6000;
  expect(await verify(token)).toBeUndefined();
  time.ms = START;
});

test("claims cannot replace those that say who made it, for what and until when", async () => {
  const claims = { iss: "urn:mcpctl:other", aud: "other", sub: "usr_2", jti: "chosen", exp: NOW + 1e9 };
  const { token } = await issueJwt(deps, ours.agents, "usr_1", claims);
  expect(await verify(token)).toMatchObject({ iss: ours.issuer, aud: ours.agents.audience, sub: "usr_1", exp: NOW + 3600 });
});

const gateway = ours.gateway;
const WRONG: readonly (readonly [string, () => Promise<string> | string])[] = [
  ["for another use", async () => (await issueJwt(deps, gateway, "usr_1", {})).token],
  ["wrong typ", () => signed(GOOD, { ...HEADER, typ: gateway.typ })],
  ["plain typ", () => signed(GOOD, { ...HEADER, typ: "JWT" })],
  ["no typ", () => signed(GOOD, { alg: "EdDSA", kid: "k1" } as typeof HEADER)],
  ["wrong aud", () => signed({ ...GOOD, aud: gateway.audience })],
  ["aud of another installation", () => signed({ ...GOOD, aud: "theirs/agents" })],
  ["no aud", () => signed({ ...GOOD, aud: undefined } as unknown as JWTPayload)],
  ["other issuer", () => signed({ ...GOOD, iss: "urn:mcpctl:theirs" })],
  ["no issuer", () => signed({ ...GOOD, iss: undefined } as unknown as JWTPayload)],
  ["expired", () => signed({ ...GOOD, iat: NOW - 7200, exp: NOW - 3600 })],
  ["older than an hour, whatever it says of its end", () => signed({ ...GOOD, iat: NOW - 3700, exp: NOW + 1e6 })],
  ["no end", () => signed({ ...GOOD, exp: undefined } as unknown as JWTPayload)],
  ["future iat", () => signed({ ...GOOD, iat: NOW + 60, exp: NOW + 3660 })],
  ["no iat", () => signed({ ...GOOD, iat: undefined } as unknown as JWTPayload)],
  ["no jti", () => signed({ ...GOOD, jti: undefined } as unknown as JWTPayload)],
  ["not valid yet", () => signed({ ...GOOD, nbf: NOW + 60 })],
  ["another key id", () => signed(GOOD, { ...HEADER, kid: "k2" })],
  ["no key id", () => signed(GOOD, { alg: "EdDSA", typ: HEADER.typ } as typeof HEADER)],
  ["alg none", () => unsigned({ ...HEADER, alg: "none" })],
  ["alg None", () => unsigned({ ...HEADER, alg: "None" })],
  ["HS256 with the public key", async () => unsigned({ ...HEADER, alg: "HS256" }, JSON.stringify((await keys.jwks())[0]))],
  ["HS256 with the public key's bytes", async () => unsigned({ ...HEADER, alg: "HS256" }, (await keys.jwks())[0]?.x ?? "")],
  ["its own key in the header", async () => unsigned({ ...HEADER, jwk: (await keys.jwks())[0] })],
  ["extensions that must be understood", () => unsigned({ ...HEADER, crit: ["x"], x: 1 })],
  ["no JWT", () => "abc"],
  ["three dots", () => "eyJ.eyJ.eyJ"],
];

test.each(WRONG)("%s: not valid", async (_, make) => {
  expect(await verify(await signed(GOOD))).toBeDefined();
  expect(await verify(await make())).toBeUndefined();
});

test("tampered anywhere: not valid", async () => {
  const token = await signed(GOOD);
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...letters), async (at, letter) => {
      const changed = token.slice(0, at) + letter + token.slice(at + 1);
      expect(await verify(changed)).toEqual(changed === token ? expect.anything() : undefined);
    }),
    { numRuns: 300 },
  );
});

test("a token has one spelling: bits that base64url leaves over are zero", async () => {
  const token = await signed(GOOD);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.at(-1) ?? "");
  for (let spare = 1; spare < 16; spare += 1) {
    const respelled = token.slice(0, -1) + (alphabet[last + spare] ?? "");
    expect(signatureOf(respelled)).toBe(signatureOf(token));
    expect(await verify(respelled)).toBeUndefined();
  }
});

function signatureOf(token: string): string {
  return Buffer.from(token.split(".")[2] ?? "", "base64url").toString("hex");
}

test("what looks like a JWT is told from other credentials", async () => {
  expect(looksLikeJwt(await signed(GOOD))).toBe(true);
  for (const other of ["mcpctl_pat_abc", "eyJ", "eyJ.eyJ", "eyJa.b.", "a.b.c", "eyJ.b c.d"]) expect(looksLikeJwt(other)).toBe(false);
});
