import { hash } from "node:crypto";
import type { AuditRow, LooseRow } from "./audit-row.ts";

/** The place of an event in its writer's chain. */
export interface Link {
  /** Gapless from 1; 0 is the place before the first event. */
  readonly sequence: number;
  /** SHA-256 in hex. */
  readonly hash: string;
}

export const GENESIS: Link = { sequence: 0, hash: "0".repeat(64) };

/** Every column but the hash, in the order in which they are hashed and written. */
export const HASHED_COLUMNS = [
  "writer",
  "sequence",
  "at",
  "kind",
  "outcome",
  "status",
  "code",
  "actor_kind",
  "actor_id",
  "actor_name",
  "user_name",
  "token_name",
  "token_sha",
  "project",
  "server",
  "tool",
  "method",
  "action",
  "resource",
  "resource_name",
  "trace_id",
  "address",
  "duration_ms",
  "detail",
] as const satisfies readonly (keyof AuditRow)[];

type Hashed = Omit<AuditRow, "hash">;

/** The values of `HASHED_COLUMNS`, in their order; written out, since every event comes by here. */
export function hashedValues(row: Hashed): (string | number | null)[] {
  return [
    row.writer,
    row.sequence,
    row.at,
    row.kind,
    row.outcome,
    row.status,
    row.code,
    row.actor_kind,
    row.actor_id,
    row.actor_name,
    row.user_name,
    row.token_name,
    row.token_sha,
    row.project,
    row.server,
    row.tool,
    row.method,
    row.action,
    row.resource,
    row.resource_name,
    row.trace_id,
    row.address,
    row.duration_ms,
    row.detail,
  ];
}

/**
 * SHA-256 over the hash before and a JSON array of every other column: an array tells null from text, numbers from
 * digits and one column from the next, so that two different rows never have one text.
 */
export function chainHash(previous: string, values: readonly (string | number | null)[]): string {
  return hash("sha256", `${previous}\n${JSON.stringify(values)}`, "hex");
}

/** Puts rows behind `tail` in `writer`'s chain. */
export function seal(writer: string, tail: Link, rows: readonly LooseRow[]): AuditRow[] {
  let { sequence, hash: previous } = tail;
  return rows.map((row) => {
    sequence += 1;
    const sealed = placed(row, writer, sequence);
    previous = chainHash(previous, hashedValues(sealed));
    sealed.hash = previous;
    return sealed;
  });
}

/** Written out, as a spread costs as much as the hash. */
function placed(row: LooseRow, writer: string, sequence: number): AuditRow {
  return {
    writer,
    sequence,
    at: row.at,
    kind: row.kind,
    outcome: row.outcome,
    status: row.status,
    code: row.code,
    actor_kind: row.actor_kind,
    actor_id: row.actor_id,
    actor_name: row.actor_name,
    user_name: row.user_name,
    token_name: row.token_name,
    token_sha: row.token_sha,
    project: row.project,
    server: row.server,
    tool: row.tool,
    method: row.method,
    action: row.action,
    resource: row.resource,
    resource_name: row.resource_name,
    trace_id: row.trace_id,
    address: row.address,
    duration_ms: row.duration_ms,
    detail: row.detail,
    hash: "",
  };
}

/** Whether `row` says of itself what its hash says, behind `previous`. */
export function followsFrom(previous: string, row: AuditRow): boolean {
  return chainHash(previous, hashedValues(row)) === row.hash;
}
