import { z } from "zod";
import { instantSchema } from "./fields.ts";

/**
 * Kinds of audit events. `rpc` is a call of mcpd's or an agent's API, `mcp_request` any other MCP request through a
 * gateway, `tool_call_trace` a tools/call, `session_bind` an MCP session opened, `rbac_decision` a refusal by role
 * bindings, `gate_decision` any other refusal before execution.
 */
export const AUDIT_KINDS = [
  "rpc",
  "mcp_request",
  "tool_call_trace",
  "session_bind",
  "rbac_decision",
  "gate_decision",
  "token_issued",
  "token_revoked",
  "dispatch",
] as const;

/** `ok`: done. `refused`: not carried out. `failed`: carried out, or tried, without success. */
export const AUDIT_OUTCOMES = ["ok", "refused", "failed"] as const;

const text = z.string().optional();

/** What the one who records says; the writer adds its place in the chain. */
export const auditDraftSchema = z.object({
  kind: z.enum(AUDIT_KINDS),
  outcome: z.enum(AUDIT_OUTCOMES),
  at: instantSchema,
  actorKind: z.enum(["user", "token", "jwt", "gateway", "system", "none"]),
  /** Empty where nobody could be told. */
  actorId: z.string(),
  actorName: z.string(),
  /** The user behind it: the one who calls, or the token's owner. */
  user: text,
  tokenName: text,
  tokenSha: text,
  project: text,
  server: text,
  tool: text,
  /** JSON-RPC method, or HTTP method and path. */
  method: text,
  /** `project.create`: what was done to a resource. */
  action: text,
  resource: text,
  resourceName: text,
  /** HTTP status. */
  status: z.number().int().optional(),
  /** Code of the refusal or failure. */
  code: text,
  traceId: text,
  address: text,
  durationMs: z.number().int().optional(),
  /** Whatever else is worth keeping; redacted by key before it is stored. */
  detail: z.record(z.string(), z.unknown()).optional(),
});

export type AuditDraft = z.infer<typeof auditDraftSchema>;

export const auditEventSchema = auditDraftSchema.extend({
  /** `<writer>-<sequence>`. */
  id: z.string(),
  writer: z.string(),
  sequence: z.number().int(),
  hash: z.string(),
});

export type AuditEvent = z.infer<typeof auditEventSchema>;
