import type { AuditMomentTable, SoughtField } from "../../store/schema.ts";
import type { LooseRow } from "./audit-row.ts";

/** That events of a moment hold a value in a field: by it they are found without an index that has every event in it. */
export type AuditMoment = AuditMomentTable;

export const SOUGHT_FIELDS = ["token_name", "token_sha", "user_name", "project"] as const satisfies readonly SoughtField[];

export const MOMENT_COLUMNS = ["field", "value", "moment", "writer"] as const satisfies readonly (keyof AuditMoment)[];

const MOMENT_CHARS = "2026-01-31T12:00:00.0".length;
const MOMENT_MS = 100;

/** The moment of an instant: its text down to a tenth of a second, so that moments sort as instants do. */
export function momentOf(at: string): string {
  return at.slice(0, MOMENT_CHARS);
}

/** What `writer`'s rows say of moments, each once. */
export function momentsOf(writer: string, rows: readonly LooseRow[]): AuditMoment[] {
  return SOUGHT_FIELDS.flatMap((field) => momentsOfField(writer, rows, field));
}

function momentsOfField(writer: string, rows: readonly LooseRow[], field: SoughtField): AuditMoment[] {
  const moments: AuditMoment[] = [];
  const known = new Set<string>();
  let last: AuditMoment | undefined;
  for (const row of rows) {
    const value = row[field];
    // Most follow one that says the same.
    if (value === null || (value === last?.value && row.at.startsWith(last.moment))) continue;
    const moment = momentOf(row.at);
    last = { field, value, moment, writer };
    const key = `${moment}\n${value}`;
    if (known.has(key)) continue;
    known.add(key);
    moments.push(last);
  }
  return moments;
}

/** A stretch of time by the first and the last of its moments, both with it. */
export interface Stretch {
  readonly first: string;
  readonly last: string;
}

/** Neighbouring moments put together: at most `max` stretches, from the beginning of `moments`, which go up or down. */
export function stretchesOf(moments: readonly string[], max: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (const moment of moments) {
    const open = stretches.at(-1);
    const isNext = open !== undefined && areNeighbours(open, moment);
    if (isNext) stretches[stretches.length - 1] = moment < open.first ? { ...open, first: moment } : { ...open, last: moment };
    else if (stretches.length === max) return stretches;
    else stretches.push({ first: moment, last: moment });
  }
  return stretches;
}

function areNeighbours({ first, last }: Stretch, moment: string): boolean {
  const ms = startOf(moment);
  return ms === startOf(last) + MOMENT_MS || ms === startOf(first) - MOMENT_MS;
}

function startOf(moment: string): number {
  return Date.parse(`${moment}00Z`);
}

/** Behind every instant of a moment, as text. */
export function endOf(moment: string): string {
  return `${moment}~`;
}
