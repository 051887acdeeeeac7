import { z } from "zod";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type McpTokenResource, mcpTokenCreateSchema } from "../../api/resources/mcp-token.ts";
import { formatBinding } from "../../core/permission.ts";
import { agoOf, untilOf } from "../age.ts";
import { parseTtl } from "../parse-ttl.ts";
import { firstOf } from "./cells.ts";
import { defineKind, type SpecFields } from "./kind.ts";

/** A token as a document says it: `ttl` (30d, 12h, never) may stand in place of `expiresAt`. */
export const mcpTokenSpecSchema = mcpTokenCreateSchema
  .omit({ force: true })
  .extend({ ttl: z.string().max(40).optional() })
  .refine(({ ttl, expiresAt }) => ttl === undefined || expiresAt === null, "must have ttl or expiresAt, not both");

export const mcpTokenKind = defineKind<McpTokenResource>({
  plural: "mcptokens",
  singular: "mcptoken",
  aliases: ["token", "tokens"],
  endpoints: ENDPOINTS.mcptokens,
  idPrefix: "tok_",
  inProject: true,
  filters: { project: "project", name: "name", owner: "owner", status: "status" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "PROJECT", cell: ({ project }) => project },
    { header: "PREFIX", cell: ({ prefix }) => prefix },
    { header: "CREATED", cell: ({ createdAt }, now) => agoOf(createdAt, now) },
    { header: "LAST USED", cell: ({ lastUsedAt }, now) => agoOf(lastUsedAt, now) },
    { header: "EXPIRES", cell: ({ expiresAt }, now) => untilOf(expiresAt, now) },
    { header: "STATUS", cell: ({ status }) => status },
    { header: "OWNER", wide: true, cell: ({ owner }) => owner },
    { header: "BINDINGS", wide: true, cell: ({ roleBindings }) => firstOf(roleBindings.map(formatBinding)) },
    { header: "SHA", wide: true, cell: ({ sha }) => sha },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  describe: ({ id, roleBindings }) => [["Definition", [roleBindings.length === 0 ? "none: no role bindings" : `mcptoken-${id}`]]],
  spec: {
    schema: mcpTokenSpecSchema,
    derived: ["owner", "prefix", "sha", "revokedAt", "lastUsedAt", "status"],
    skipWhere: ({ status }) => (status === "active" ? "already active - skipped" : undefined),
    create: createBody,
  },
});

function createBody({ ttl, ...fields }: SpecFields, now: Date): SpecFields {
  return ttl === undefined ? fields : { ...fields, expiresAt: parseTtl(String(ttl), now) };
}
