import { expect, test } from "bun:test";
import { AT } from "../fake-api.fixture.ts";
import { KIND_WORDS, KINDS, parseKind } from "./kinds.ts";
import { mcpTokenKind } from "./mcp-token-kind.ts";
import { stripInternalFields } from "./strip-internal-fields.ts";

const TOKEN = {
  id: "tok_1",
  name: "ci",
  projectName: "demo",
  description: "d",
  owner: "ada",
  prefix: "mcpctl_pat_aaaa",
  sha: "f".repeat(64),
  token: "mcpctl_pat_x",
  createdAt: AT,
  updatedAt: AT,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  status: "active",
  version: 1,
  roleBindings: [{ action: "logs" }],
};

test("internal, secret and derived fields are dropped, and projectName becomes project", () => {
  const fields = stripInternalFields(mcpTokenKind, TOKEN);
  expect(fields).toEqual({ name: "ci", project: "demo", description: "d", expiresAt: null, roleBindings: [{ action: "logs" }] });
  expect(mcpTokenKind.spec?.schema.safeParse(fields).success).toBe(true);
});

test("no word stands for two kinds, and every word for one", () => {
  expect(KIND_WORDS).toHaveLength(new Set(KINDS.flatMap(({ plural, singular, aliases }) => [plural, singular, ...aliases])).size);
  for (const kind of KINDS) for (const word of [kind.plural, kind.singular, ...kind.aliases]) expect(parseKind(word)).toBe(kind);
});
