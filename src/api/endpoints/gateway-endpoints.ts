import { z } from "zod";
import { auditDraftSchema } from "../audit-event.ts";
import { claimedTaskSchema, knownTaskSchema, taskClaimSchema, taskLeaseSchema, taskOutcomeSchema } from "../dispatch-task.ts";
import { defineEndpoint } from "../endpoint.ts";
import { feedEventSchema } from "../feed-event.ts";
import { instantSchema, noBody, noQuery, noReply } from "../fields.ts";
import { grantSchema } from "../grant.ts";
import { snapshotSchema } from "../server-definition.ts";

const V1 = "/api/v1/gateway";
const own = { credential: "gateway", query: noQuery, body: noBody } as const;

/** What an enrolled gateway asks of mcpd, with a key of its own. */
export const gatewayPlane = {
  introspect: defineEndpoint({
    ...own,
    name: "gateway.introspect",
    method: "POST",
    path: `${V1}/introspect`,
    summary: "What a caller's credential opens",
    status: 200,
    body: z.strictObject({ credential: z.string().max(8192), address: z.string().max(64).optional() }),
    reply: z.object({ grant: grantSchema.nullable() }),
  }),
  snapshot: defineEndpoint({
    ...own,
    name: "gateway.snapshot",
    method: "GET",
    path: `${V1}/snapshot`,
    summary: "All projects and servers, with the secrets that servers need",
    status: 200,
    reply: snapshotSchema,
  }),
  keys: defineEndpoint({
    ...own,
    name: "gateway.keys",
    method: "GET",
    path: `${V1}/session-keys`,
    summary: "The keys that seal MCP session ids, the current one first; base64",
    status: 200,
    reply: z.object({ keys: z.array(z.object({ number: z.number().int(), key: z.string() })) }),
  }),
  watch: defineEndpoint({
    ...own,
    name: "gateway.watch",
    method: "GET",
    path: `${V1}/watch`,
    summary: "Changes as they are committed, as server-sent events; the first says the revision now",
    status: 200,
    reply: feedEventSchema,
    stream: true,
  }),
  endedSessions: defineEndpoint({
    ...own,
    name: "gateway.ended-sessions",
    method: "GET",
    path: `${V1}/ended-sessions`,
    summary: "MCP sessions that ended before their time",
    status: 200,
    reply: z.object({ items: z.array(z.object({ idHash: z.string(), expiresAt: instantSchema })) }),
  }),
  endSession: defineEndpoint({
    ...own,
    name: "gateway.end-session",
    method: "POST",
    path: `${V1}/ended-sessions`,
    summary: "End an MCP session on every gateway",
    status: 204,
    body: z.strictObject({ idHash: z.string().length(64), expiresAt: instantSchema }),
    reply: noReply,
  }),
  audit: defineEndpoint({
    ...own,
    name: "gateway.audit",
    method: "POST",
    path: `${V1}/audit`,
    summary: "Record what the gateway has done; a batch that is sent twice is recorded once",
    status: 204,
    body: z.strictObject({ batchId: z.string().max(64), events: z.array(auditDraftSchema).max(1000) }),
    reply: noReply,
  }),
  claimTask: defineEndpoint({
    ...own,
    name: "gateway.claim-task",
    method: "POST",
    path: `${V1}/tasks/claim`,
    summary: "Begin a dispatched call under its idempotency key, or hear what was begun under it",
    status: 200,
    body: taskClaimSchema,
    reply: claimedTaskSchema,
  }),
  renewTask: defineEndpoint({
    ...own,
    name: "gateway.renew-task",
    method: "POST",
    path: `${V1}/tasks/renew`,
    summary: "Keep the lease of a dispatched call that is carried out",
    status: 200,
    body: taskLeaseSchema.extend({ leaseMs: taskClaimSchema.shape.leaseMs }),
    reply: z.object({ renewed: z.boolean() }),
  }),
  finishTask: defineEndpoint({
    ...own,
    name: "gateway.finish-task",
    method: "POST",
    path: `${V1}/tasks/finish`,
    summary: "Say how a dispatched call has ended; the reply says what is kept of it",
    status: 200,
    body: taskLeaseSchema.extend({ outcome: taskOutcomeSchema }),
    reply: z.object({ task: knownTaskSchema.nullable() }),
  }),
  releaseTask: defineEndpoint({
    ...own,
    name: "gateway.release-task",
    method: "POST",
    path: `${V1}/tasks/release`,
    summary: "Give an idempotency key free under which nothing was carried out",
    status: 204,
    body: taskLeaseSchema,
    reply: noReply,
  }),
};
