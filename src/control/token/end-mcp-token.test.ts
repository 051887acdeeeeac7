import { expect, test } from "bun:test";
import type { RoleBinding } from "../../core/permission.ts";
import { createMcpToken } from "./create-mcp-token.ts";
import { deleteMcpToken, revokeMcpToken } from "./end-mcp-token.ts";
import { findMcpToken } from "./find-mcp-token.ts";
import { listMcpTokens } from "./list-mcp-tokens.ts";
import { CI, NOW, tokenSetup } from "./tokens.fixture.ts";

const VIEW: RoleBinding = { role: "view", resource: "servers" };
const BY_NAME = { id: "ci", project: "one" };

async function setup() {
  const given = await tokenSetup();
  const ada = await given.actorOf("ada");
  const { raw, listing } = await createMcpToken(given.deps, ada, { ...CI, roleBindings: [VIEW] });
  const definitions = () => given.db.selectFrom("rbac_definitions").select("name").where("token_id", "is not", null).execute();
  return { ...given, ada, raw, listing, id: listing.token.id, definitions };
}

test("revoking deletes the token's definition and keeps its row; revoking again changes nothing", async () => {
  const { deps, ada, id, listing, definitions, changes, setTime } = await setup();
  const revoked = await revokeMcpToken(deps, ada, BY_NAME);
  expect(revoked).toMatchObject({ token: { id, revokedAt: NOW }, roleBindings: [] });
  expect(await definitions()).toEqual([]);
  setTime(new Date(NOW.getTime() + 60_000));
  expect(await revokeMcpToken(deps, ada, { id, project: undefined })).toEqual(revoked);
  expect(changes).toHaveLength(2);
  expect(changes[1]).toMatchObject({
    event: { kind: "token_revoked", action: "mcptoken.revoke", actorName: "ada", tokenName: "ci", tokenSha: listing.token.sha256 },
    touched: [
      { kind: "mcptokens", ref: listing.token.sha256 },
      { kind: "rbac", ref: expect.any(String) },
    ],
  });
});

test("deleting does the same and forgets the token; then it is not found", async () => {
  const { deps, ada, id, definitions, changes } = await setup();
  await deleteMcpToken(deps, ada, BY_NAME);
  expect([await deps.tokens.byId(id), await definitions()]).toEqual([undefined, []]);
  expect(changes[1]?.event).toMatchObject({ kind: "token_revoked", action: "mcptoken.delete", resourceName: "one/ci" });
  await expect(deleteMcpToken(deps, ada, BY_NAME)).rejects.toMatchObject({ code: "not_found", reason: "MCP_TOKEN_UNKNOWN" });
});

test("both take the right to delete, and the right to edit is none", async () => {
  const { deps, actorOf, give, id } = await setup();
  await give("dev", { role: "edit", resource: "mcptokens" });
  const editor = await actorOf("dev");
  for (const end of [revokeMcpToken, deleteMcpToken]) {
    for (const reference of [BY_NAME, { id, project: undefined }]) {
      await expect(end(deps, editor, reference)).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
    }
  }
  await give("dev", { role: "delete", resource: "mcptokens", name: "one/ci" });
  expect((await revokeMcpToken(deps, await actorOf("dev"), BY_NAME)).token.revokedAt).toEqual(NOW);
});

test("a token is found by id, or by name with its project; a refusal does not say whether it exists", async () => {
  const { deps, ada, actorOf, id } = await setup();
  const find = (reference: { id: string; project?: string }, actor = ada) =>
    findMcpToken(deps.tokens, actor, "view", { project: undefined, ...reference });
  for (const reference of [BY_NAME, { id }, { id, project: "one" }]) expect((await find(reference)).token.id).toBe(id);
  for (const reference of [
    { id, project: "two" },
    { id: "tok_none" },
    { id: "none", project: "one" },
    { id: "ci", project: "two" },
    { id: "X" },
  ]) {
    await expect(find(reference)).rejects.toMatchObject({ code: "not_found", reason: "MCP_TOKEN_UNKNOWN" });
  }
  await expect(find({ id: "ci" })).rejects.toMatchObject({ code: "invalid", reason: "TOKEN_PROJECT_MISSING" });
  const dev = await actorOf("dev");
  for (const reference of [BY_NAME, { id: "none", project: "one" }, { id }]) {
    await expect(find(reference, dev)).rejects.toMatchObject({ code: "denied", reason: "PERMISSION_DENIED" });
  }
});

test("a list shows what may be viewed, and refuses those who may view none", async () => {
  const { deps, actorOf, ada, give } = await setup();
  await createMcpToken(deps, ada, { ...CI, project: "two" });
  await createMcpToken(deps, ada, { ...CI, name: "other", project: "two" });
  const all = { project: undefined, owner: undefined, name: undefined, status: undefined };
  const page = { limit: 10, after: undefined, sort: { field: "name", descending: false } } as const;
  const seen = async () => {
    const { items } = await listMcpTokens(deps, await actorOf("dev"), all, page);
    return items.map(({ project, token }) => `${project}/${token.name}`).sort();
  };
  await expect(seen()).rejects.toMatchObject({ code: "denied", reason: "PERMISSION_DENIED" });
  await give("dev", { role: "view", resource: "mcptokens", name: "two/*" });
  expect(await seen()).toEqual(["two/ci", "two/other"]);
  await give("dev", { role: "view", resource: "mcptokens", name: "one/ci" }, { role: "edit", resource: "*", name: "two/other" });
  expect(await seen()).toEqual(["one/ci", "two/other"]);
  await give("dev", { role: "view", resource: "mcptokens", name: "none/ci" });
  expect(await seen()).toEqual([]);
});
