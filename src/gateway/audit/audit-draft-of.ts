import type { AuditDraft } from "../../api/audit-event.ts";
import type { Principal } from "../../core/caller.ts";
import { instantText } from "../../core/instant-text.ts";
import type { Envelope, InvalidEnvelope, RequestEnvelope } from "../../mcp/envelope.ts";
import type { Answer } from "../answer.ts";
import { type Refusal, refusalCodeText } from "../refusal.ts";
import { answerVerdict, ownAnswerVerdict } from "./answer-verdict.ts";
import type { RequestTrail } from "./request-trail.ts";

/** How a request ended, as far as its event is concerned. */
export type Ending = Refusal | Answer | { readonly kind: "accepted" | "ended" | "listen" | "nothing left" };

const MAX_TEXT = 200;

/**
 * The audit event of a request that is over. Undefined for a notification or an answer of the client that was taken:
 * they ask for nothing.
 */
export function auditDraftOf(trail: RequestTrail, ending: Ending, at: Date, durationMs: number): AuditDraft | undefined {
  if (ending.kind === "accepted") return undefined;
  const { traceId, address, project, server, tool, task } = trail;
  const request = trail.message?.kind === "request" ? trail.message : undefined;
  const { kind, outcome, status, code } = verdictOf(ending, request, task !== undefined);
  const { actorKind, actorId, actorName, user, tokenName, tokenSha } = actorOf(trail.caller?.principal);
  // Written out: to spread two objects into one costs more than all the rest here.
  return {
    kind,
    outcome,
    status,
    code,
    actorKind,
    actorId,
    actorName,
    user,
    tokenName,
    tokenSha,
    at: instantText(at),
    project: clipped(project),
    server: clipped(server),
    tool: clipped(tool),
    method: methodOf(trail).slice(0, MAX_TEXT),
    traceId,
    address,
    durationMs: Math.round(durationMs),
    detail: detailOf(request, task),
  };
}

type Verdict = Pick<AuditDraft, "kind" | "outcome" | "status" | "code">;

function verdictOf(ending: Exclude<Ending, { kind: "accepted" }>, request: RequestEnvelope | undefined, isTask: boolean): Verdict {
  const kind = isTask ? "dispatch" : kindOf(request);
  if (ending.kind === "refusal") return refusalVerdict(ending, request, kind);
  if (ending.kind !== "answer") return { kind, outcome: "ok", status: ending.kind === "listen" ? 200 : 204 };
  // Lists are the largest answers, and made here.
  const isList = request?.method.endsWith("/list") === true;
  const { outcome, code } = isList ? ownAnswerVerdict(ending.body, request.idText) : answerVerdict(ending.body);
  return { kind, outcome, status: ending.status ?? 200, code };
}

/** A server that is away has failed what was admitted; everything else was turned down before that. */
function refusalVerdict(refusal: Refusal, request: RequestEnvelope | undefined, kind: AuditDraft["kind"]): Verdict {
  const { status } = refusal;
  const code = refusalCodeText(refusal);
  if (request !== undefined && (code === "upstream_unavailable" || code === "internal_error")) {
    return { kind, outcome: "failed", status, code };
  }
  return { kind: refusal.byBindings === true ? "rbac_decision" : "gate_decision", outcome: "refused", status, code };
}

function kindOf(request: RequestEnvelope | undefined): AuditDraft["kind"] {
  if (request?.method === "tools/call") return "tool_call_trace";
  return request?.method === "initialize" ? "session_bind" : "mcp_request";
}

function methodOf({ message, httpMethod, path }: RequestTrail): string {
  return hasMethod(message) ? message.method : `${httpMethod} ${path}`;
}

function hasMethod(message: Envelope | InvalidEnvelope | undefined): message is Exclude<Envelope, { kind: "response" }> {
  return message?.kind === "request" || message?.kind === "notification";
}

/** Of a call the size of its params alone, in bytes; of a new session which program opened it. */
function detailOf(request: RequestEnvelope | undefined, task: RequestTrail["task"]): AuditDraft["detail"] {
  if (request === undefined) return undefined;
  if (task !== undefined) return { paramsBytes: paramsBytes(request), task: task.id, reused: task.reused };
  if (request.method === "initialize") return { client: clientOf(request.params.clientInfo) };
  if (request.method !== "tools/call") return undefined;
  return { paramsBytes: paramsBytes(request) };
}

function paramsBytes({ paramsText }: RequestEnvelope): number {
  return paramsText === undefined ? 0 : Buffer.byteLength(paramsText);
}

function clientOf(info: unknown): { readonly name: string; readonly version: string } {
  const { name, version } = (typeof info === "object" && info !== null ? info : {}) as { name?: unknown; version?: unknown };
  return { name: textOf(name), version: textOf(version) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 64) : "";
}

function clipped(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text.slice(0, MAX_TEXT);
}

type ActorFields = Pick<AuditDraft, "actorKind" | "actorId" | "actorName" | "user" | "tokenName" | "tokenSha">;

function actorOf(principal: Principal | undefined): ActorFields {
  switch (principal?.kind) {
    case undefined:
      return { actorKind: "none", actorId: "", actorName: "" };
    case "system":
      return { actorKind: "system", actorId: principal.id, actorName: "system" };
    case "token": {
      const { id, name, owner, sha } = principal;
      return { actorKind: "token", actorId: id, actorName: name, user: owner, tokenName: name, tokenSha: sha };
    }
    case "user":
      return { actorKind: "user", actorId: principal.id, actorName: principal.name, user: principal.name };
    case "jwt": {
      const { id, name, userId } = principal;
      return { actorKind: "jwt", actorId: id, actorName: name, user: userId === undefined ? undefined : name };
    }
    case "gateway":
      return { actorKind: "gateway", actorId: principal.id, actorName: principal.name };
  }
}
