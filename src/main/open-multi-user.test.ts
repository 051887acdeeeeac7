import { afterEach, expect, test } from "bun:test";
import type { MultiUserSettings } from "../cli/multi-user-settings.ts";
import { type JwksServer, startJwksServer } from "../control/identity/oidc/jwks-server.fixture.ts";
import { systemClock } from "../core/clock.ts";
import { openMultiUser } from "./open-multi-user.ts";

const SECRET = "thirty-two bytes, or a few more of them";
const started: JwksServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

function open(settings: Partial<MultiUserSettings>) {
  const none = { key: undefined, jwksAllowAddresses: [], issuer: undefined, audience: undefined, sessionSecret: undefined };
  return openMultiUser({ ...none, ...settings }, { clock: systemClock, project: undefined });
}

const hex = (key: Uint8Array | undefined) => (key === undefined ? undefined : Buffer.from(key).toString("hex"));

test("replicas derive one key of sessions, which is not the secret and says nothing of it", () => {
  const key = { kind: "secret", secret: SECRET } as const;
  const [one, other] = [hex(open({ key }).sessionKey), hex(open({ key }).sessionKey)];
  expect([one, one?.length]).toEqual([other, 64]);
  expect(one).not.toContain(Buffer.from(SECRET).toString("hex").slice(0, 16));
  const ofSessions = hex(open({ key, sessionSecret: "another text of more than 32 bytes" }).sessionKey);
  expect(ofSessions).not.toBe(one);
  expect(hex(open({ sessionSecret: SECRET }).sessionKey)).toBe(one);
  expect(open({}).sessionKey).toBeUndefined();
});

test("keys at a private address are fetched only where their range was named", async () => {
  const server = await startJwksServer("ES256");
  started.push(server);
  const key = { kind: "jwks", url: `${server.issuer}/keys` } as const;
  const token = await server.sign({ sub: "ann", scope: "mcp:read", exp: Math.floor(Date.now() / 1000) + 60 });
  for (const jwksAllowAddresses of [[], ["10.0.0.0/8"]]) {
    await expect(open({ key, jwksAllowAddresses }).resolver?.resolve(token)).rejects.toMatchObject({ reason: "JWKS_UNAVAILABLE" });
  }
  expect(server.asked).toEqual([]);
  expect(await open({ key, jwksAllowAddresses: ["127.0.0.0/8"] }).resolver?.resolve(token)).toMatchObject({ principal: { name: "ann" } });
});
