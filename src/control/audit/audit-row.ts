import type { Selectable } from "kysely";
import type { AuditDraft, AuditEvent } from "../../api/audit-event.ts";
import { isUnsuspicious, redact, redactText } from "../../core/redact.ts";
import type { AuditEventTable } from "../../store/schema.ts";

export type AuditRow = Selectable<AuditEventTable>;
/** A row without its place in a chain. */
export type LooseRow = Omit<AuditRow, "writer" | "sequence" | "hash">;

/** A batch of 500 stays below what MySQL takes in one packet. */
const MAX_DETAIL = 4000;
/** Longer texts are looked at one by one. */
const MAX_SOUND = 2000;
const MAX_INT = 2 ** 31 - 1;

/**
 * The row that keeps a draft: without secrets, every text cut to its column.
 *
 * What it holds comes back from every engine as it was written, or the chain would not hold: no NUL (Postgres refuses
 * it), no half of a surrogate pair (no UTF-8), no `char` that is not full (Postgres fills it with spaces).
 */
export function rowOfDraft(draft: AuditDraft, now: () => Date): LooseRow {
  const text = isSound(draft) ? cut : clean;
  const optional = (value: string | undefined, maxLength: number) => (value === undefined ? null : text(value, maxLength));
  return {
    at: instant(draft.at, now),
    kind: cut(draft.kind, 40),
    outcome: cut(draft.outcome, 20),
    status: integer(draft.status),
    code: optional(draft.code, 80),
    actor_kind: cut(draft.actorKind, 20),
    actor_id: text(draft.actorId, 190),
    actor_name: text(draft.actorName, 190),
    user_name: optional(draft.user, 190),
    token_name: optional(draft.tokenName, 63),
    token_sha: draft.tokenSha !== undefined && /^[0-9a-f]{64}$/.test(draft.tokenSha) ? draft.tokenSha : null,
    project: optional(draft.project, 63),
    server: optional(draft.server, 32),
    tool: optional(draft.tool, 190),
    method: optional(draft.method, 80),
    action: optional(draft.action, 80),
    resource: optional(draft.resource, 40),
    resource_name: optional(draft.resourceName, 190),
    trace_id: optional(draft.traceId, 64),
    address: optional(draft.address, 64),
    duration_ms: integer(draft.durationMs),
    detail: draft.detail === undefined ? null : detailOf(draft.detail),
  };
}

/** The event that a row keeps; columns that are null are left out. */
export function eventOfRow(row: AuditRow): AuditEvent {
  const event = {
    id: `${row.writer}-${row.sequence}`,
    writer: row.writer,
    sequence: row.sequence,
    hash: row.hash,
    at: row.at,
    kind: row.kind,
    outcome: row.outcome,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorName: row.actor_name,
    ...present({
      user: row.user_name,
      tokenName: row.token_name,
      tokenSha: row.token_sha,
      project: row.project,
      server: row.server,
      tool: row.tool,
      method: row.method,
      action: row.action,
      resource: row.resource,
      resourceName: row.resource_name,
      status: row.status,
      code: row.code,
      traceId: row.trace_id,
      address: row.address,
      durationMs: row.duration_ms,
      detail: row.detail === null ? null : parsedDetail(row.detail),
    }),
  };
  return event as AuditEvent;
}

/** What came from a driver: some give numbers of 64 bits as text. */
export function rowFromDatabase(row: AuditRow): AuditRow {
  return { ...row, sequence: Number(row.sequence) };
}

/** The writer and sequence in an event's id; undefined for what is no id. */
export function parseEventId(id: string): { readonly writer: string; readonly sequence: number } | undefined {
  const [, writer, sequence] = /^([\x21-\x7e]{1,40})-([1-9]\d{0,14})$/.exec(id) ?? [];
  return writer === undefined ? undefined : { writer, sequence: Number(sequence) };
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** The last draft that was looked at and is sound. */
let lastSound: AuditDraft | undefined;

/** Of ours, and as harmless as any. */
const PLAIN_ID = /^[0-9a-f]{1,64}$/;

/**
 * Whether the draft's texts need nothing but their length looked at, as nearly all do. One that says what the last one
 * said, but for its trace, is as sound; else one look at all of them costs a fourth of one at each. Kinds are ours, and a
 * hash has its own shape.
 */
function isSound(draft: AuditDraft): boolean {
  const { traceId } = draft;
  if (lastSound !== undefined && (traceId === undefined || PLAIN_ID.test(traceId)) && saysTheSame(draft, lastSound)) return true;
  const { code, actorId, actorName, user, tokenName, project, server, tool, method, action, resource, resourceName, address } = draft;
  const all = `${code}\n${actorId}\n${actorName}\n${user}\n${tokenName}\n${project}\n${server}\n${tool}\n${method}\n${action}\n${resource}\n${resourceName}\n${traceId}\n${address}`;
  const sound = all.length <= MAX_SOUND && isUnsuspicious(all) && !all.includes("\0") && all.isWellFormed();
  if (sound) lastSound = draft;
  return sound;
}

function saysTheSame(draft: AuditDraft, other: AuditDraft): boolean {
  return (
    draft.actorId === other.actorId &&
    draft.actorName === other.actorName &&
    draft.user === other.user &&
    draft.tokenName === other.tokenName &&
    draft.project === other.project &&
    draft.server === other.server &&
    draft.tool === other.tool &&
    draft.method === other.method &&
    draft.address === other.address &&
    draft.code === other.code &&
    draft.action === other.action &&
    draft.resource === other.resource &&
    draft.resourceName === other.resourceName
  );
}

/** Cuts as `redactText` does. */
function cut(value: string, maxLength: number): string {
  return value.length <= maxLength ? value : clean(value, maxLength);
}

function clean(value: string, maxLength: number): string {
  const kept = redactText(value, maxLength);
  return (kept.includes("\0") ? kept.replaceAll("\0", "\ufffd") : kept).toWellFormed();
}

function integer(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.min(MAX_INT, Math.max(-MAX_INT, Math.round(value))) + 0;
}

/** With milliseconds, so that instants sort as text. */
function instant(at: string, now: () => Date): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)) return at;
  const date = new Date(at);
  return (Number.isNaN(date.getTime()) ? now() : date).toISOString();
}

function detailOf(detail: Readonly<Record<string, unknown>>): string {
  // What nearly every call has, and nothing else.
  if (isBytesAlone(detail)) return `{"paramsBytes":${detail.paramsBytes}}`;
  // NUL and halves of surrogate pairs are escapes here, so the text itself is sound.
  const json = JSON.stringify(redact(detail));
  return json.length <= MAX_DETAIL ? json : JSON.stringify({ cut: json.slice(0, MAX_DETAIL / 2) });
}

function isBytesAlone(detail: Readonly<Record<string, unknown>>): boolean {
  for (const key in detail) if (key !== "paramsBytes") return false;
  return Number.isSafeInteger(detail.paramsBytes);
}

function parsedDetail(detail: string): unknown {
  try {
    return JSON.parse(detail);
  } catch {
    return { damaged: detail };
  }
}
