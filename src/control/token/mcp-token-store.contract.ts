import { expect, test } from "bun:test";
import type { McpToken } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

/** An empty store, beside a user `usr_1` and the projects `prj_1` and `prj_2`, named `one` and `two`. */
export type WithMcpTokenStore = (run: (store: McpTokenStore) => Promise<void>) => Promise<void>;

const TOKEN: McpToken = {
  id: "tok_1",
  name: "demo",
  projectId: "prj_1",
  ownerId: "usr_1",
  head: "mcpctl_pat_abcd",
  sha256: "a".repeat(64),
  createdAt: new Date("2026-01-02T03:04:05.678Z"),
  expiresAt: undefined,
  revokedAt: undefined,
};

/** What every adapter of `McpTokenStore` does. */
export function mcpTokenStoreContract(name: string, withStore: WithMcpTokenStore): void {
  test(`${name}: a token is found by its hash alone, with the project it opens`, () =>
    withStore(async (store) => {
      const expiring = { ...TOKEN, id: "tok_2", name: "other", sha256: "b".repeat(64), projectId: "prj_2" };
      const dated = { ...expiring, expiresAt: new Date("2027-01-01T00:00:00Z"), revokedAt: new Date("2026-06-01T00:00:00Z") };
      await store.replace(TOKEN);
      await store.replace(dated);
      expect(await store.byHash(TOKEN.sha256)).toEqual({ token: TOKEN, projectName: "one" });
      expect(await store.byHash(dated.sha256)).toEqual({ token: dated, projectName: "two" });
      for (const hash of ["", "c".repeat(64), TOKEN.sha256.toUpperCase(), TOKEN.head]) expect(await store.byHash(hash)).toBeUndefined();
    }));

  test(`${name}: a token takes the place of the one with its name in its project, and of no other`, () =>
    withStore(async (store) => {
      const others = [
        { ...TOKEN, id: "tok_2", name: "other", sha256: "b".repeat(64) },
        { ...TOKEN, id: "tok_3", projectId: "prj_2", sha256: "c".repeat(64) },
      ];
      for (const token of [TOKEN, ...others]) await store.replace(token);
      const fresh = { ...TOKEN, id: "tok_4", sha256: "d".repeat(64) };
      await store.replace(fresh);
      expect(await store.byHash(TOKEN.sha256)).toBeUndefined();
      for (const token of [fresh, ...others]) expect((await store.byHash(token.sha256))?.token).toEqual(token);
    }));

  test(`${name}: a token that cannot be saved leaves the one that it was to replace`, () =>
    withStore(async (store) => {
      await store.replace(TOKEN);
      await expect(store.replace({ ...TOKEN, id: "tok_2", sha256: "b".repeat(64), ownerId: "usr_none" })).rejects.toThrow();
      expect((await store.byHash(TOKEN.sha256))?.token).toEqual(TOKEN);
    }));
}
