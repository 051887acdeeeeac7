import { expect, test } from "bun:test";
import type { ServerStatus } from "../../api/server-status.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { generateToken, hashToken } from "../../core/mcp-token.ts";
import { createApi } from "./create-api.ts";

const KEY = "mcpctl_op_of-this-installation";
const SERVER: ServerStatus = {
  handle: "content",
  backing: "builtin",
  enabled: true,
  state: "ready",
  tools: 14,
  stale: false,
  projects: ["demo"],
};

function setup({ ready = true, serverStatuses = () => [SERVER] } = {}) {
  const api = createApi({
    edge: edgePolicyFor("127.0.0.1"),
    ready: () => ready,
    serverStatuses,
    operatorKeyHash: hashToken(KEY),
    newTraceId: (headers) => headers.get("x-trace-id") ?? "made-up",
  });
  return async (path: string, init: RequestInit = {}) => {
    const headers = { host: "127.0.0.1:3100", ...(init.headers as Record<string, string>) };
    return api.fetch(new Request(`http://127.0.0.1:3100${path}`, { ...init, headers }));
  };
}

const withKey = { authorization: `Bearer ${KEY}` };

test("the servers are listed to the holder of the operator's key", async () => {
  const response = await setup()("/api/v1/servers", { headers: { ...withKey, "x-trace-id": "my-trace" } });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-trace-id")).toBe("my-trace");
  expect(await response.json()).toEqual({ items: [SERVER] });
});

test("without the key everything below /api is 401, whether it exists or not", async () => {
  const fetch = setup();
  for (const path of ["/api/v1/servers", "/api/v1/none", "/api/"]) {
    const none = await fetch(path);
    expect(none.headers.get("www-authenticate")).toStartWith("Bearer");
    expect({ status: none.status, body: await none.json() }).toEqual({
      status: 401,
      body: { error: { code: "unauthenticated", message: "Bearer token required", trace_id: "made-up" } },
    });
    for (const wrong of ["mcpctl_op_wrong", generateToken(), KEY.toUpperCase(), `${KEY}x`, hashToken(KEY)]) {
      const response = await fetch(path, { headers: { authorization: `Bearer ${wrong}` } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/^Invalid token: /) } });
    }
  }
});

test("a foreign Host or Origin is 403, but not on health routes", async () => {
  const fetch = setup();
  for (const headers of [{ host: "evil.example" }, { origin: "http://evil.example" }]) {
    const response = await fetch("/api/v1/servers", { headers: { ...withKey, ...headers } });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "origin_denied", trace_id: "made-up" } });
    for (const path of ["/", "/health", "/healthz", "/readyz"]) expect((await fetch(path, { headers })).status).toBe(200);
  }
});

test("/readyz is 503 while the gateway is not ready, /healthz is not", async () => {
  const fetch = setup({ ready: false });
  expect((await fetch("/readyz")).status).toBe(503);
  expect((await fetch("/healthz")).status).toBe(200);
});

test("what is not there is 404, and what fails inside is 500 without a detail", async () => {
  const fetch = setup({
    serverStatuses: () => {
      throw new Error("secret detail");
    },
  });
  const missing = await fetch("/api/v1/none", { headers: withKey });
  expect({ status: missing.status, body: await missing.json() }).toEqual({
    status: 404,
    body: { error: { code: "not_found", message: expect.any(String), trace_id: "made-up" } },
  });
  const failed = await fetch("/api/v1/servers", { headers: withKey });
  expect(failed.status).toBe(500);
  expect(failed.headers.get("x-trace-id")).toBe("made-up");
  expect(await failed.text()).not.toContain("secret detail");
});
