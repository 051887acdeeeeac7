import { z } from "zod";
import { AUDIT_KINDS, AUDIT_OUTCOMES, auditEventSchema } from "../audit-event.ts";
import { defineEndpoint } from "../endpoint.ts";
import { instantSchema, LIST_LIMIT, noBody, noQuery, pageOf } from "../fields.ts";

const filter = {
  kind: z.enum(AUDIT_KINDS).optional(),
  outcome: z.enum(AUDIT_OUTCOMES).optional(),
  tokenName: z.string().max(63).optional(),
  tokenSha: z.string().max(64).optional(),
  user: z.string().max(190).optional(),
  project: z.string().max(63).optional(),
  server: z.string().max(32).optional(),
  tool: z.string().max(190).optional(),
  /** HTTP status. */
  status: z.coerce.number().int().optional(),
  traceId: z.string().max(64).optional(),
  /** From this instant on. */
  since: instantSchema.optional(),
  /** Before this instant. */
  until: instantSchema.optional(),
};

export const auditFilterSchema = z.object(filter);
export type AuditFilter = z.infer<typeof auditFilterSchema>;

const chainSchema = z.object({
  writer: z.string(),
  /** First and last sequence that is kept. */
  first: z.number().int(),
  last: z.number().int(),
  events: z.number().int(),
  ok: z.boolean(),
  /** What is wrong, one sentence each: `event 17 was changed`. */
  findings: z.array(z.string()),
});

export const audit = {
  list: defineEndpoint({
    name: "audit.list",
    method: "GET",
    path: "/api/v1/audit",
    summary: "Query audit events, newest first",
    credential: "any",
    status: 200,
    query: z.strictObject({
      ...filter,
      limit: z.coerce.number().int().min(1).max(LIST_LIMIT.max).default(LIST_LIMIT.default),
      cursor: z.string().max(500).optional(),
      sort: z.enum(["-at", "at"]).default("-at"),
    }),
    body: noBody,
    reply: pageOf(auditEventSchema),
  }),
  get: defineEndpoint({
    name: "audit.get",
    method: "GET",
    path: "/api/v1/audit/:id",
    summary: "Get one audit event",
    credential: "any",
    status: 200,
    query: noQuery,
    body: noBody,
    reply: auditEventSchema,
  }),
  tail: defineEndpoint({
    name: "audit.tail",
    method: "GET",
    path: "/api/v1/audit-tail",
    summary: "Audit events as they come, as server-sent events",
    credential: "any",
    status: 200,
    query: z.strictObject(filter),
    body: noBody,
    reply: auditEventSchema,
    stream: true,
  }),
  verify: defineEndpoint({
    name: "audit.verify",
    method: "GET",
    path: "/api/v1/audit-verify",
    summary: "Check the chain of every writer: finds a removed, changed or cut-off event",
    credential: "any",
    status: 200,
    query: noQuery,
    body: noBody,
    reply: z.object({ ok: z.boolean(), events: z.number().int(), chains: z.array(chainSchema) }),
  }),
};
