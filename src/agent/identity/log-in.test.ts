import { expect, test } from "bun:test";
import { startIdentityProvider } from "./identity-provider.fixture.ts";
import { logIn } from "./log-in.ts";

test("a log-in gives the token that the identity provider answers with", async () => {
  const provider = await startIdentityProvider(() => Response.json({ token: "abc", expires_at: "2026-01-01T01:00:00Z" }));
  expect(await logIn(provider.url, "root", "its password")).toBe("abc");
  expect(provider.asked).toEqual([{ path: "POST /v1/auth/login", body: { username: "root", password: "its password" } }]);
  await provider.close();
});

test("a log-in that is refused says why, and how long to wait says the same", async () => {
  const refuse = (status: number, reason: string, message: string) => () =>
    Response.json({ error: { code: "x", reason, message, trace_id: "t" } }, { status });
  const provider = await startIdentityProvider(refuse(401, "LOGIN_REFUSED", "wrong user name or password"));
  await expect(logIn(provider.url, "root", "wrong")).rejects.toMatchObject({
    code: "unauthenticated",
    reason: "LOGIN_REFUSED",
    message: "wrong user name or password",
  });
  provider.answer = refuse(429, "LOGIN_THROTTLED", "Too many attempts to log in failed");
  await expect(logIn(provider.url, "root", "wrong")).rejects.toMatchObject({ code: "exhausted", reason: "LOGIN_THROTTLED" });
  await provider.close();
});
