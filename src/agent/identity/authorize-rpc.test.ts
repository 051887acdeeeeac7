import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { toAppError } from "../../core/app-error.ts";
import { GRPC_STATUS } from "../../core/error-tables.ts";
import { authorizeRpc, identifyCaller } from "./authorize-rpc.ts";
import { answersOf, type IdentityProvider, startIdentityProvider } from "./identity-provider.fixture.ts";
import type { Role } from "./role.ts";
import type { RpcAuditEntry } from "./rpc-audit.ts";
import { TokenValidator } from "./token-validator.ts";

const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;
const UNAVAILABLE = 14;
const METHOD = "/mcp.v1.McpAgentService/Deploy";

let provider: IdentityProvider;
let entries: RpcAuditEntry[] = [];

beforeAll(async () => {
  provider = await startIdentityProvider(answersOf({ root: ["admin"], ada: ["view"], oli: ["edit"], nobody: ["run"] }));
});

afterAll(() => provider.close());

beforeEach(() => {
  entries = [];
});

async function call(authorization: string | null | undefined, needs: Role = "admin") {
  const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
  const tokens = new TokenValidator({ url: provider.url, clock });
  const deps = { tokens, clock, nodeName: "edge", audit: { record: (entry: RpcAuditEntry) => void entries.push(entry) } };
  const caller = await identifyCaller({ method: METHOD, authorization, needs }, deps);
  authorizeRpc({ method: METHOD, needs, target: "web", caller }, deps);
  return caller;
}

/** The gRPC status that a call ends with. */
async function statusOf(authorization: string | null | undefined, needs?: Role): Promise<number> {
  try {
    await call(authorization, needs);
    return 0;
  } catch (thrown) {
    return GRPC_STATUS[toAppError(thrown).code];
  }
}

test("missing token → UNAUTHENTICATED", async () => {
  for (const missing of [undefined, null, ""]) expect(await statusOf(missing)).toBe(UNAUTHENTICATED);
  await expect(call(undefined)).rejects.toMatchObject({ reason: "BEARER_REQUIRED", message: "Bearer token required" });
});

test("invalid token → UNAUTHENTICATED", async () => {
  for (const invalid of ["Bearer stranger", "Bearer ", "Bearer", "Basic cm9vdDo=", "root", "Bearer root, Bearer root"]) {
    expect(await statusOf(invalid)).toBe(UNAUTHENTICATED);
  }
  await expect(call("Bearer stranger")).rejects.toMatchObject({ reason: "CREDENTIAL_INVALID" });
});

test("non-admin token → PERMISSION_DENIED", async () => {
  for (const other of ["Bearer ada", "Bearer nobody"]) expect(await statusOf(other)).toBe(PERMISSION_DENIED);
  await expect(call("Bearer ada")).rejects.toMatchObject({ reason: "ROLE_REQUIRED" });
});

test("a principal with none of the roles view, operate, admin is denied everything", async () => {
  for (const needs of ["view", "operate", "admin"] as const) expect(await statusOf("Bearer nobody", needs)).toBe(PERMISSION_DENIED);
  await expect(call("Bearer nobody", "view")).rejects.toThrow("user nobody has none of the roles view, operate and admin");
});

test("each role opens what takes it and what takes less", async () => {
  const statuses = async (user: string) => [
    await statusOf(`Bearer ${user}`, "view"),
    await statusOf(`Bearer ${user}`, "operate"),
    await statusOf(`Bearer ${user}`, "admin"),
  ];
  expect(await statuses("ada")).toEqual([0, PERMISSION_DENIED, PERMISSION_DENIED]);
  expect(await statuses("oli")).toEqual([0, 0, PERMISSION_DENIED]);
  expect(await statuses("root")).toEqual([0, 0, 0]);
});

test("an administrator's token lets the call through and says who it is", async () => {
  expect(await call("Bearer root")).toEqual({ username: "root", roles: ["admin"] });
  expect(await statusOf("bearer root")).toBe(0);
});

test("an identity provider that cannot be asked → UNAVAILABLE, which is no refusal", async () => {
  const before = provider.answer;
  provider.answer = () => new Response(null, { status: 503 });
  expect(await statusOf("Bearer root")).toBe(UNAVAILABLE);
  expect(entries).toMatchObject([{ outcome: "failed", caller: "" }]);
  provider.answer = before;
});

test("audit entry on every RPC: method, caller, timestamp and outcome", async () => {
  for (const authorization of ["Bearer root", "Bearer ada", "Bearer stranger", undefined]) await statusOf(authorization);
  const timestamp = "2026-01-01T00:00:00.000Z";
  expect(entries).toEqual([
    { method: METHOD, target: "web", caller: "root", timestamp, outcome: "ok" },
    { method: METHOD, target: "web", caller: "ada", timestamp, outcome: "refused", reason: "ROLE_REQUIRED" },
    { method: METHOD, caller: "", timestamp, outcome: "refused", reason: "CREDENTIAL_INVALID" },
    { method: METHOD, caller: "", timestamp, outcome: "refused", reason: "BEARER_REQUIRED" },
  ]);
});

test("a token of one node opens nothing on another", async () => {
  const deps = (nodeName: string) => ({ clock: { now: () => new Date(0) }, audit: { record: () => {} }, nodeName });
  const root = { method: METHOD, needs: "view", caller: { username: "root", roles: ["admin"], node: "edge" } } as const;
  expect(() => authorizeRpc(root, deps("edge"))).not.toThrow();
  expect(() => authorizeRpc(root, deps("core"))).toThrow(expect.objectContaining({ code: "denied", reason: "OTHER_NODE" }));
});
