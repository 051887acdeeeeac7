import { expect, test } from "bun:test";
import { DAY } from "../identity/identity.fixture.ts";
import { type IdentityApi, withIdentityApi } from "./identity-api.fixture.ts";

async function idOf({ call }: IdentityApi, bearer: string): Promise<string> {
  const { body } = await call("GET", "/api/v1/sessions", { bearer });
  return body.items.find((each: { current: boolean }) => each.current).id;
}

test("one's own sessions are listed, the newest first, and the one that asks is marked", () =>
  withIdentityApi(async (api) => {
    const first = await api.session("ada");
    await api.session("bob");
    api.time.ms += 5000;
    await api.call("POST", "/api/v1/auth/login", {
      body: { username: "ada", password: "ada", client: "browser" },
      headers: { "user-agent": "Firefox\u001b[31m" },
      address: "10.0.0.5",
    });
    const { status, body } = await api.call("GET", "/api/v1/sessions", { bearer: first });
    expect(status).toBe(200);
    expect(body.items).toEqual([
      {
        id: expect.stringMatching(/^ses_[0-9A-Za-z]{22}$/),
        username: "ada",
        client: "browser",
        createdAt: "2026-01-01T00:00:05.000Z",
        lastUsedAt: "2026-01-01T00:00:05.000Z",
        expiresAt: "2026-01-01T12:00:05.000Z",
        address: "10.0.0.5",
        userAgent: "Firefox [31m",
        current: false,
      },
      expect.objectContaining({ client: "cli", address: "10.0.0.1", userAgent: null, current: true }),
    ]);
    expect(JSON.stringify(body)).not.toContain("sha");
  }));

test("sessions past their limits are not listed", () =>
  withIdentityApi(async (api) => {
    await api.session("ada");
    api.time.ms += 8 * DAY;
    const { body } = await api.call("GET", "/api/v1/sessions", { bearer: await api.session("ada") });
    expect(body.items).toHaveLength(1);
  }));

test("another's sessions take view on that user, and say nothing of who exists without it", () =>
  withIdentityApi(async (api) => {
    const [viewer, nobody] = [await api.session("ada"), await api.session("bob")];
    const list = (bearer: string, user: string) => api.call("GET", `/api/v1/sessions?user=${user}`, { bearer });
    expect((await list(viewer, "bob")).body.items).toEqual([expect.objectContaining({ username: "bob", current: false })]);
    expect((await list(viewer, "usr_bob")).body.items).toHaveLength(1);
    expect(await list(viewer, "missing")).toMatchObject({ status: 404, body: { error: { reason: "USER_UNKNOWN" } } });
    for (const impossible of ["%00", "A", "%F0%9F%98%80", "../bob"]) {
      expect(await list(viewer, impossible)).toMatchObject({ status: 404, body: { error: { reason: "USER_UNKNOWN" } } });
    }
    for (const user of ["ada", "missing", "usr_ada"]) {
      expect(await list(nobody, user)).toMatchObject({ status: 403, body: { error: { reason: "PERMISSION_DENIED" } } });
    }
    expect((await list(nobody, "bob")).body.items).toHaveLength(1);
  }));

test("one's own session is ended by its id", () =>
  withIdentityApi(async (api) => {
    const [bearer, other] = [await api.session("bob"), await api.session("bob")];
    const id = await idOf(api, other);
    expect((await api.call("DELETE", `/api/v1/sessions/${id}`, { bearer })).status).toBe(204);
    expect((await api.call("GET", "/api/v1/probe", { bearer: other })).status).toBe(401);
    expect((await api.call("GET", "/api/v1/probe", { bearer })).status).toBe(200);
    expect(await api.call("DELETE", `/api/v1/sessions/${id}`, { bearer })).toMatchObject({
      status: 404,
      body: { error: { reason: "SESSION_UNKNOWN" } },
    });
    expect(api.changes.filter(({ event }) => event.action === "session.end")).toHaveLength(1);
  }));

test("another's session takes edit on that user to end", () =>
  withIdentityApi(async (api) => {
    const [viewer, root, bob] = [await api.session("ada"), await api.session("root"), await api.session("bob")];
    const id = await idOf(api, bob);
    expect((await api.call("DELETE", `/api/v1/sessions/${id}`, { bearer: viewer })).status).toBe(403);
    expect((await api.call("GET", "/api/v1/probe", { bearer: bob })).status).toBe(200);
    expect((await api.call("DELETE", `/api/v1/sessions/${id}`, { bearer: root })).status).toBe(204);
    expect((await api.call("GET", "/api/v1/probe", { bearer: bob })).status).toBe(401);
    expect(api.changes.at(-1)?.event).toMatchObject({ action: "session.end", actorName: "root", resourceName: "bob" });
  }));

test("an id that is none is not found", () =>
  withIdentityApi(async (api) => {
    const bearer = await api.session("root");
    for (const id of ["ses_none", "nothing", "usr_bob", "%00", "ses_%2e%2e"]) {
      expect((await api.call("DELETE", `/api/v1/sessions/${id}`, { bearer })).status).toBe(404);
    }
  }));
