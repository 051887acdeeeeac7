import { expect, test } from "bun:test";
import { hashToken, isMcpToken } from "../../core/mcp-token.ts";
import { issueMcpToken } from "./issue-mcp-token.ts";
import { isLive, type McpToken } from "./mcp-token.ts";

const now = new Date("2026-01-01T00:00:00Z");

async function issue(expiresAt?: Date) {
  const saved: McpToken[] = [];
  const tokens = { replace: async (token: McpToken) => void saved.push(token), byHash: async () => undefined };
  const deps = { tokens, clock: { now: () => now }, ids: { next: (prefix: string) => `${prefix}_1` } };
  const input = { name: "demo", projectId: "prj_1", ownerId: "usr_1", ...(expiresAt === undefined ? {} : { expiresAt }) };
  return { ...(await issueMcpToken(deps, input)), saved };
}

test("the raw token is in the answer, and what is stored has its hash and no more than its head", async () => {
  const { raw, token, saved } = await issue();
  expect(isMcpToken(raw)).toBe(true);
  expect(saved).toEqual([token]);
  expect(token).toMatchObject({ id: "tok_1", name: "demo", projectId: "prj_1", ownerId: "usr_1", sha256: hashToken(raw), createdAt: now });
  expect(token.head).toBe(raw.slice(0, "mcpctl_pat_".length + 4));
  expect(JSON.stringify(saved)).not.toContain(raw.slice("mcpctl_pat_".length + 4));
  expect((await issue()).raw).not.toBe(raw);
});

test("a token lives until it expires or is revoked", async () => {
  const { token } = await issue(new Date(now.getTime() + 1000));
  expect(isLive(token, now)).toBe(true);
  expect(isLive(token, new Date(now.getTime() + 1000))).toBe(false);
  expect(isLive({ ...token, revokedAt: now }, now)).toBe(false);
  expect(isLive((await issue()).token, new Date("2999-01-01T00:00:00Z"))).toBe(true);
});
