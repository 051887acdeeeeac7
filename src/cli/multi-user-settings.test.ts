import { expect, test } from "bun:test";
import { multiUserSettings } from "./multi-user-settings.ts";

const SECRET = "thirty-two bytes, or a few more of them";
const ON = { MCP_MULTIUSER_MODE: "true" };

test("the mode is off until it is switched on, under either name", () => {
  for (const env of [
    {},
    { MCP_MULTIUSER_MODE: "" },
    { MCP_MULTIUSER_MODE: "false" },
    { QUILT_MULTIUSER_MODE: "0" },
    { MCP_JWT_SECRET: SECRET },
  ]) {
    expect(multiUserSettings(env)).toBeUndefined();
  }
  for (const env of [ON, { MCP_MULTIUSER_MODE: "TRUE" }, { QUILT_MULTIUSER_MODE: "1" }, { ...ON, QUILT_MULTIUSER_MODE: "false" }]) {
    expect(multiUserSettings(env)).toEqual({
      key: undefined,
      jwksAllowAddresses: [],
      issuer: undefined,
      audience: undefined,
      sessionSecret: undefined,
    });
  }
});

test("keys, issuer, audience and ranges are taken as they are written", () => {
  const claims = { MCP_JWT_ISSUER: "https://login.example", MCP_JWT_AUDIENCE: "mcp" };
  expect(multiUserSettings({ ...ON, ...claims, MCP_JWT_SECRET: SECRET })).toMatchObject({
    key: { kind: "secret", secret: SECRET },
    issuer: "https://login.example",
    audience: "mcp",
  });
  const keys = { MCP_JWKS_URL: "https://login.example/keys", MCP_JWKS_ALLOW_ADDRESSES: "10.0.0.0/8, fd00::/8" };
  expect(multiUserSettings({ ...ON, ...keys })).toMatchObject({
    key: { kind: "jwks", url: "https://login.example/keys" },
    jwksAllowAddresses: ["10.0.0.0/8", "fd00::/8"],
  });
});

test.each([
  ["MULTIUSER_MODE_INVALID", { QUILT_MULTIUSER_MODE: "yes" }],
  ["MULTIUSER_MODE_INVALID", { ...ON, QUILT_MULTIUSER_MODE: "yes" }],
  ["JWT_SECRET_SHORT", { ...ON, MCP_JWT_SECRET: "s3cret" }],
  ["JWT_SECRET_SHORT", { ...ON, MCP_SESSION_SECRET: "s3cret" }],
  ["JWT_KEYS_AMBIGUOUS", { ...ON, MCP_JWT_SECRET: SECRET, MCP_JWKS_URL: "https://login.example/keys" }],
  ["JWKS_URL_INVALID", { ...ON, MCP_JWKS_URL: "file:///etc/keys" }],
  ["JWKS_URL_INVALID", { ...ON, MCP_JWKS_URL: "https://ann:s3cret@login.example/keys" }],
  ["ADDRESS_RANGE_INVALID", { ...ON, MCP_JWKS_ALLOW_ADDRESSES: "10.0.0.1" }],
])("%s is thrown for %p, and no secret is in it", (reason, env) => {
  try {
    multiUserSettings(env);
    throw new Error("it was taken");
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: "invalid", reason });
    expect(String((thrown as Error).message)).not.toContain("s3cret");
  }
});
