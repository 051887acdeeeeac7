import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { RoleBinding } from "../../core/permission.ts";
import type { Change } from "../change/change-log.ts";
import { afterOf } from "../page/page.ts";
import { type McpToken, statusOf } from "./mcp-token.ts";
import type { McpTokenStore, TokenIssue, TokenPageRequest } from "./mcp-token-store.ts";

interface Given {
  readonly store: McpTokenStore;
  readonly changes: readonly Change[];
  /** Names of the definitions there are, with their subjects and bindings. */
  readonly definitions: () => Promise<readonly object[]>;
  /** Adds a definition `rbac_people`, as people make them, for these subjects. */
  readonly define: (...subjects: readonly { readonly kind: "McpToken" | "User"; readonly name: string }[]) => Promise<void>;
}

/** An empty store, beside the users `usr_ada` and `usr_bob` and the projects `prj_one` and `prj_two`. */
export type WithMcpTokenStore = (run: (given: Given) => Promise<void>) => Promise<void>;

const CREATED = new Date("2026-01-02T03:04:05.678Z");
const later = (minutes: number) => new Date(CREATED.getTime() + minutes * 60_000);

const TOKEN: McpToken = {
  id: "tok_1",
  name: "ci",
  projectId: "prj_one",
  ownerId: "usr_ada",
  description: "for the build",
  head: "mcpctl_pat_abcd",
  sha256: "a".repeat(64),
  createdAt: CREATED,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
};
const VIEW: readonly RoleBinding[] = [{ role: "view", resource: "servers", name: "files" }, { action: "logs" }];

/** A token like `TOKEN` with an id, a hash and a definition of its own. */
function another(number: number, own: Partial<McpToken> = {}): McpToken {
  return { ...TOKEN, id: `tok_${number}`, sha256: String(number).padStart(64, "0"), ...own };
}

const EVENT: AuditDraft = {
  kind: "token_revoked",
  outcome: "ok",
  at: CREATED.toISOString(),
  actorKind: "user",
  actorId: "",
  actorName: "",
};

function issueOf(token: McpToken, own: Partial<TokenIssue> = {}): TokenIssue {
  return {
    token,
    definition: undefined,
    replace: false,
    event: (replaced) => ({ ...EVENT, kind: "token_issued", detail: { replaced } }),
    ...own,
  };
}

const withDefinition = (token: McpToken): TokenIssue =>
  issueOf(token, { definition: { id: `rbac_${token.id}`, roleBindings: VIEW }, replace: true });

const PAGE: TokenPageRequest = {
  limit: 100,
  after: undefined,
  sort: { field: "name", descending: false },
  names: undefined,
  project: undefined,
  owner: undefined,
  name: undefined,
  status: undefined,
  now: later(10),
};

const TAKEN = { code: "conflict", reason: "MCP_TOKEN_NAME_TAKEN", hint: expect.stringContaining("--force") };

/** What every adapter of `McpTokenStore` does. */
export function mcpTokenStoreContract(engine: string, withStore: WithMcpTokenStore): void {
  issuing(engine, withStore);
  finding(engine, withStore);
  ending(engine, withStore);
  paging(engine, withStore);
}

function issuing(engine: string, withStore: WithMcpTokenStore): void {
  test(`${engine}: a token is saved with its definition, and both are announced`, () =>
    withStore(async ({ store, changes, definitions }) => {
      await store.issue(withDefinition(TOKEN));
      expect(await definitions()).toEqual([
        { name: "mcptoken-tok_1", tokenId: "tok_1", subjects: [{ kind: "McpToken", name: TOKEN.sha256 }], roleBindings: VIEW },
      ]);
      expect(changes).toEqual([
        {
          event: expect.objectContaining({ kind: "token_issued", detail: { replaced: undefined } }),
          touched: [
            { kind: "mcptokens", ref: TOKEN.sha256 },
            { kind: "rbac", ref: "rbac_tok_1" },
          ],
        },
      ]);
    }));

  test(`${engine}: a name counts once in a project, and in another project again`, () =>
    withStore(async ({ store, changes }) => {
      await store.issue(issueOf(TOKEN));
      await expect(store.issue(issueOf(another(2)))).rejects.toMatchObject(TAKEN);
      expect(await store.byId("tok_2")).toBeUndefined();
      await store.issue(issueOf(another(3, { projectId: "prj_two" })));
      expect(changes).toHaveLength(2);
    }));

  test(`${engine}: a token that has expired gives its name up and keeps its row; one that will expire keeps both`, () =>
    withStore(async ({ store }) => {
      await store.issue(issueOf({ ...TOKEN, expiresAt: later(5) }));
      await expect(store.issue(issueOf(another(2, { createdAt: later(4) })))).rejects.toMatchObject(TAKEN);
      await store.issue(issueOf(another(2, { createdAt: later(5) })));
      expect((await store.byName("one", "ci"))?.token.id).toBe("tok_2");
      const old = (await store.byId("tok_1"))?.token;
      expect(old && statusOf(old, later(5))).toBe("expired");
    }));

  test(`${engine}: replacing revokes the token that has the name, its definition too, in one change`, () =>
    withStore(async ({ store, changes, definitions }) => {
      await store.issue(withDefinition(TOKEN));
      await store.issue(withDefinition(another(2, { createdAt: later(1) })));
      expect((await store.byId("tok_1"))?.token.revokedAt).toEqual(later(1));
      expect(await definitions()).toEqual([expect.objectContaining({ tokenId: "tok_2" })]);
      expect(changes.slice(1)).toEqual([
        {
          event: expect.objectContaining({ detail: { replaced: { id: "tok_1", sha256: TOKEN.sha256 } } }),
          touched: [
            { kind: "mcptokens", ref: another(2).sha256 },
            { kind: "rbac", ref: "rbac_tok_2" },
            { kind: "mcptokens", ref: TOKEN.sha256 },
            { kind: "rbac", ref: "rbac_tok_1" },
          ],
        },
      ]);
    }));

  test(`${engine}: a token that cannot be saved leaves the one that it was to replace`, () =>
    withStore(async ({ store, changes, definitions }) => {
      await store.issue(withDefinition(TOKEN));
      await expect(store.issue(withDefinition(another(2, { ownerId: "usr_none" })))).rejects.toMatchObject({ reason: "USER_UNKNOWN" });
      expect((await store.byName("one", "ci"))?.token).toEqual(TOKEN);
      expect([await definitions(), changes]).toEqual([[expect.objectContaining({ tokenId: "tok_1" })], [expect.anything()]]);
    }));

  test(`${engine}: a project that has gone is not found`, () =>
    withStore(async ({ store }) => {
      await expect(store.issue(issueOf(another(2, { projectId: "prj_none" })))).rejects.toMatchObject({ reason: "PROJECT_UNKNOWN" });
    }));

  test(`${engine}: of those who create one name at the same time, one wins`, () =>
    withStore(async ({ store, changes }) => {
      const numbers = [1, 2, 3, 4, 5];
      const results = await Promise.allSettled(numbers.map((number) => store.issue(issueOf(another(number)))));
      const refused = results.filter((result) => result.status === "rejected");
      expect(refused.map(({ reason }) => reason)).toEqual(Array(4).fill(expect.objectContaining({ reason: "MCP_TOKEN_NAME_TAKEN" })));
      const found = await Promise.all(numbers.map((number) => store.byId(`tok_${number}`)));
      expect([found.filter((each) => each !== undefined).length, changes.length]).toEqual([1, 1]);
    }));

  test(`${engine}: revoking and replacing a token at the same time leaves one active, and revokes the old one once`, () =>
    withStore(async ({ store, changes, definitions }) => {
      await store.issue(withDefinition(TOKEN));
      const [revoked] = await Promise.all([
        store.revoke("tok_1", later(1), EVENT),
        store.issue(withDefinition(another(2, { createdAt: later(2) }))),
        store.revoke("tok_1", later(3), EVENT),
        store.issue(withDefinition(another(3, { createdAt: later(4) }))),
      ]);
      expect(revoked).toBeBoolean();
      const { items: active } = await store.page({ ...PAGE, status: "active" });
      expect(active).toHaveLength(1);
      expect(await definitions()).toEqual([expect.objectContaining({ tokenId: active[0]?.token.id })]);
      const ends = changes.filter(({ event, touched }) => {
        const names = touched.filter(({ kind, ref }) => kind === "mcptokens" && ref === TOKEN.sha256);
        return names.length > 0 && (event.kind === "token_revoked" || event.detail?.replaced !== undefined);
      });
      expect(ends).toHaveLength(1);
    }));
}

function finding(engine: string, withStore: WithMcpTokenStore): void {
  test(`${engine}: a token is found by its hash alone, with its project and its owner`, () =>
    withStore(async ({ store }) => {
      await store.issue(issueOf(TOKEN));
      const owner = { id: "usr_ada", username: "ada", email: "ada@example.org", roles: ["admin" as const], disabled: false };
      expect(await store.byHash(TOKEN.sha256)).toEqual({ token: TOKEN, project: "one", owner });
      for (const hash of ["", "c".repeat(64), TOKEN.sha256.toUpperCase(), TOKEN.head]) expect(await store.byHash(hash)).toBeUndefined();
    }));

  test(`${engine}: a token is found by its id and by its name in its project, with the bindings of its definition`, () =>
    withStore(async ({ store }) => {
      const dated = { ...TOKEN, expiresAt: later(5) };
      await store.issue(withDefinition(dated));
      const listing = { token: dated, project: "one", owner: "ada", roleBindings: VIEW };
      expect(await store.byId("tok_1")).toEqual(listing);
      expect(await store.byName("one", "ci")).toEqual(listing);
      expect([await store.byId("ci"), await store.byName("two", "ci"), await store.byName("one", "tok_1")]).toEqual(
        Array(3).fill(undefined),
      );
    }));

  test(`${engine}: of several with a name the active one is found, else the one made last`, () =>
    withStore(async ({ store }) => {
      await store.issue(issueOf(TOKEN, { replace: true }));
      await store.issue(issueOf(another(2, { createdAt: later(1) }), { replace: true }));
      await store.issue(issueOf(another(3, { createdAt: later(-1) }), { replace: true }));
      expect((await store.byName("one", "ci"))?.token.id).toBe("tok_3");
      await store.revoke("tok_3", later(2), EVENT);
      expect((await store.byName("one", "ci"))?.token.id).toBe("tok_2");
    }));

  test(`${engine}: the last use is kept once a minute, and recorded nowhere else`, () =>
    withStore(async ({ store, changes }) => {
      await store.issue(issueOf(TOKEN));
      const used = async () => (await store.byId("tok_1"))?.token.lastUsedAt;
      for (const [at, kept] of [
        [1, 1],
        [1.5, 1],
        [1.99, 1],
        [2, 2],
        [0, 2],
      ] as const) {
        await store.recordUse("tok_1", later(at));
        expect(await used()).toEqual(later(kept));
      }
      await store.recordUse("tok_none", later(9));
      expect(changes).toHaveLength(1);
    }));
}

function ending(engine: string, withStore: WithMcpTokenStore): void {
  test(`${engine}: a revoked token keeps its row, loses its definition and frees its name; twice changes nothing`, () =>
    withStore(async ({ store, changes, definitions }) => {
      await store.issue(withDefinition(TOKEN));
      expect(await store.revoke("tok_1", later(1), EVENT)).toBe(true);
      expect(await store.revoke("tok_1", later(2), EVENT)).toBe(false);
      expect(await store.revoke("tok_none", later(2), EVENT)).toBe(false);
      expect((await store.byHash(TOKEN.sha256))?.token.revokedAt).toEqual(later(1));
      expect(await definitions()).toEqual([]);
      expect(changes.slice(1)).toEqual([
        {
          event: EVENT,
          touched: [
            { kind: "mcptokens", ref: TOKEN.sha256 },
            { kind: "rbac", ref: "rbac_tok_1" },
          ],
        },
      ]);
      await store.issue(issueOf(another(2)));
      expect((await store.byName("one", "ci"))?.token.id).toBe("tok_2");
    }));

  test.each(["revoke", "delete"] as const)(`${engine}: to %s a token takes it out of definitions that people made`, (how) =>
    withStore(async ({ store, changes, definitions, define }) => {
      await store.issue(withDefinition(TOKEN));
      await define({ kind: "McpToken", name: TOKEN.sha256 }, { kind: "User", name: "bob" });
      await (how === "revoke" ? store.revoke("tok_1", later(1), EVENT) : store.delete("tok_1", EVENT));
      expect(await definitions()).toEqual([expect.objectContaining({ name: "people", subjects: [{ kind: "User", name: "bob" }] })]);
      expect(changes.at(-1)?.touched).toEqual([
        { kind: "mcptokens", ref: TOKEN.sha256 },
        { kind: "rbac", ref: "rbac_tok_1" },
        { kind: "rbac", ref: "rbac_people" },
      ]);
    }),
  );

  test(`${engine}: a deleted token leaves nothing, whether it was revoked or not; twice changes nothing`, () =>
    withStore(async ({ store, changes, definitions }) => {
      await store.issue(withDefinition(TOKEN));
      await store.issue(withDefinition(another(2, { name: "other" })));
      await store.revoke("tok_2", later(1), EVENT);
      for (const id of ["tok_1", "tok_2"]) expect([await store.delete(id, EVENT), await store.delete(id, EVENT)]).toEqual([true, false]);
      expect([await store.byId("tok_1"), await store.byHash(TOKEN.sha256), await store.byId("tok_2")]).toEqual(Array(3).fill(undefined));
      expect(await definitions()).toEqual([]);
      expect(changes.slice(3).map(({ touched }) => touched)).toEqual([
        [
          { kind: "mcptokens", ref: TOKEN.sha256 },
          { kind: "rbac", ref: "rbac_tok_1" },
        ],
        [{ kind: "mcptokens", ref: another(2).sha256 }],
      ]);
    }));
}

function paging(engine: string, withStore: WithMcpTokenStore): void {
  const seed = async (store: McpTokenStore) => {
    const two = { projectId: "prj_two", ownerId: "usr_bob" };
    await store.issue(withDefinition(another(1, { name: "a", createdAt: later(3) })));
    await store.issue(issueOf(another(2, { name: "b", createdAt: later(2), expiresAt: later(10) })));
    await store.issue(issueOf(another(3, { name: "a", createdAt: later(1), expiresAt: later(11), ...two })));
    await store.issue(issueOf(another(4, { name: "c", createdAt: later(4), ...two })));
    await store.revoke("tok_4", later(5), EVENT);
  };
  const idsOf = async (store: McpTokenStore, request: Partial<TokenPageRequest>) =>
    (await store.page({ ...PAGE, ...request })).items.map(({ token }) => token.id);

  test.each([
    ["nothing", {}, ["tok_1", "tok_3", "tok_2", "tok_4"]],
    ["the project", { project: "two" }, ["tok_3", "tok_4"]],
    ["the owner", { owner: "ada" }, ["tok_1", "tok_2"]],
    ["the name", { name: "a" }, ["tok_1", "tok_3"]],
    ["active ones", { status: "active" }, ["tok_1", "tok_3"]],
    ["expired ones", { status: "expired" }, ["tok_2"]],
    ["revoked ones", { status: "revoked" }, ["tok_4"]],
    ["the names that may be seen", { names: new Set(["one/b", "two/a", "two/b", "a", "one"]) }, ["tok_3", "tok_2"]],
    ["a project of which all may be seen", { names: new Set(["two/*"]) }, ["tok_3", "tok_4"]],
    ["both", { names: new Set(["two/*", "one/a"]), status: "active" }, ["tok_1", "tok_3"]],
    ["names that no token can have", { names: new Set(["a", "*"]) }, []],
    ["no name at all", { names: new Set<string>() }, []],
  ] as const)(`${engine}: a page is filtered by %s`, (_, request, ids) =>
    withStore(async ({ store }) => {
      await seed(store);
      expect(await idsOf(store, request)).toEqual([...ids]);
    }),
  );

  test.each([
    ["name", { field: "name", descending: false }, ["tok_1", "tok_3", "tok_2", "tok_4"]],
    ["name downwards", { field: "name", descending: true }, ["tok_4", "tok_2", "tok_3", "tok_1"]],
    ["age", { field: "createdAt", descending: false }, ["tok_3", "tok_2", "tok_1", "tok_4"]],
    ["age downwards", { field: "createdAt", descending: true }, ["tok_4", "tok_1", "tok_2", "tok_3"]],
  ] as const)(`${engine}: pages follow each other without a gap, sorted by %s`, (_, sort, ids) =>
    withStore(async ({ store }) => {
      await seed(store);
      const seen: string[] = [];
      let after: TokenPageRequest["after"];
      do {
        const { items, nextCursor } = await store.page({ ...PAGE, sort, limit: 1, after });
        seen.push(...items.map(({ token }) => token.id));
        after = afterOf(nextCursor ?? undefined);
      } while (after !== undefined);
      expect(seen).toEqual([...ids]);
    }),
  );

  test(`${engine}: a page comes with the bindings of each`, () =>
    withStore(async ({ store }) => {
      await seed(store);
      const { items } = await store.page({ ...PAGE, project: "one" });
      expect(items.map(({ project, owner, roleBindings }) => ({ project, owner, roleBindings }))).toEqual([
        { project: "one", owner: "ada", roleBindings: VIEW },
        { project: "one", owner: "ada", roleBindings: [] },
      ]);
    }));
}
