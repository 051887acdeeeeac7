import { expect, test } from "bun:test";
import type { Caller, Principal, Scope } from "../../core/caller.ts";
import { compileRights } from "../../core/permission.ts";
import { requireScope } from "./require-scope.ts";

const JWT: Principal = { kind: "jwt", id: "usr_1", name: "ada", userId: "usr_1" };
const caller = (principal: Principal, ...scopes: Scope[]): Caller => ({ principal, rights: compileRights([]), scopes: new Set(scopes) });
const reads = { method: "GET" } as const;
const changes = [{ method: "POST" }, { method: "PATCH" }, { method: "DELETE" }, { method: "PUT" }] as const;

test("a JWT reads with mcp:read and changes with mcp:admin, whatever its user may", () => {
  expect(() => requireScope(reads, caller(JWT, "mcp:read"))).not.toThrow();
  expect(() => requireScope(reads, caller(JWT, "mcp:call", "mcp:admin"))).toThrow("mcp:read");
  for (const change of changes) {
    expect(() => requireScope(change, caller(JWT, "mcp:read", "mcp:call"))).toThrow(
      expect.objectContaining({ code: "denied", reason: "SCOPE_DENIED" }),
    );
    expect(() => requireScope(change, caller(JWT, "mcp:admin"))).not.toThrow();
  }
});

test("a session is bound by its bindings alone", () => {
  const user = caller({ kind: "user", id: "usr_1", name: "ada" }, "mcp:read");
  for (const change of changes) expect(() => requireScope(change, user)).not.toThrow();
});
