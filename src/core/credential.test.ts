import { expect, test } from "bun:test";
import { CREDENTIAL_PREFIX, type CredentialKind, claimsKind, credentialHead, generateCredential, hasShape } from "./credential.ts";

const KINDS = Object.keys(CREDENTIAL_PREFIX) as CredentialKind[];

test("every kind of credential has its own prefix and 43 base62 characters, and passes for no other kind", () => {
  for (const kind of KINDS) {
    const raw = generateCredential(kind);
    expect(raw).toMatch(new RegExp(`^${CREDENTIAL_PREFIX[kind]}[0-9A-Za-z]{43}$`));
    expect(generateCredential(kind)).not.toBe(raw);
    expect(KINDS.filter((other) => hasShape(other, raw))).toEqual([kind]);
    expect(KINDS.filter((other) => claimsKind(other, raw))).toEqual([kind]);
  }
});

test("what only starts like a credential claims a kind and has not its shape", () => {
  for (const raw of ["mcpctl_gw_", `${generateCredential("gateway")}x`, `${generateCredential("gateway")}\n`, "mcpctl_gw_-"]) {
    expect([claimsKind("gateway", raw), hasShape("gateway", raw)]).toEqual([true, false]);
  }
});

test("the head shows the prefix and four characters", () => {
  const raw = generateCredential("gateway");
  expect(credentialHead("gateway", raw)).toBe(raw.slice(0, "mcpctl_gw_".length + 4));
});
