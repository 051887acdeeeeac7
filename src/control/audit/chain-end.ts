import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { GENESIS, type Link } from "./audit-chain.ts";
import type { Anchor } from "./check-chain.ts";
import { type Checkpoint, lastEnd } from "./checkpoint.ts";

/** A writer's chain as this process will go on with it. */
export interface ChosenChain {
  readonly writer: string;
  readonly tail: Link;
  /** Earlier chains of this mcpd that nobody may go on with. */
  readonly broken: readonly string[];
}

/** More chains than an mcpd ever leaves behind. */
const MAX_CHAINS = 1000;

/** The last event of a writer, or the one that retention took away last. */
export async function readTail(db: Kysely<Schema>, writer: string): Promise<Link> {
  const row = await db
    .selectFrom("audit_events")
    .select(["sequence", "hash"])
    .where("writer", "=", writer)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? ((await readAnchor(db, writer)) ?? GENESIS) : { sequence: Number(row.sequence), hash: row.hash };
}

export async function readAnchor(db: Kysely<Schema>, writer: string): Promise<Anchor | undefined> {
  const row = await db.selectFrom("audit_anchors").select(["sequence", "hash", "at"]).where("writer", "=", writer).executeTakeFirst();
  return row === undefined ? undefined : { ...row, sequence: Number(row.sequence) };
}

/**
 * The chain to go on with: `base`, or `base.2`, `base.3` … where an earlier one does not end as its signed checkpoint
 * says. To go on with that one would bury what was done to it (or that an older database was put back); so it stays as
 * it is, and `verifyAudit` goes on reporting it.
 */
export async function chooseChain(db: Kysely<Schema>, base: string, checkpoints: readonly Checkpoint[]): Promise<ChosenChain> {
  const broken: string[] = [];
  for (let number = 1; number <= MAX_CHAINS; number += 1) {
    const writer = number === 1 ? base : `${base}.${number}`;
    const tail = await readTail(db, writer);
    if (await endsAsSigned(db, writer, tail, lastEnd(checkpoints, writer))) return { writer, tail, broken };
    broken.push(writer);
  }
  throw new Error(`more than ${MAX_CHAINS} chains of ${base} are broken`);
}

/** The writer of the events of requests, where a thread of their own keeps them. */
export function requestWriter(base: string): string {
  return `${base}.r`;
}

/** Whether a chain is one of the mcpd with this writer id. */
export function isOwnChain(base: string, writer: string): boolean {
  return writer.startsWith(base) && /^(\.r)?(\.\d+)?$/.test(writer.slice(base.length));
}

async function endsAsSigned(db: Kysely<Schema>, writer: string, tail: Link, end: Checkpoint | undefined): Promise<boolean> {
  // The first checkpoint is written before the first event.
  if (end === undefined) return tail.sequence === 0;
  if (tail.sequence < end.sequence) return false;
  return (await hashAt(db, writer, end.sequence)) === end.hash;
}

async function hashAt(db: Kysely<Schema>, writer: string, sequence: number): Promise<string | undefined> {
  if (sequence === 0) return GENESIS.hash;
  const row = await db
    .selectFrom("audit_events")
    .select("hash")
    .where("writer", "=", writer)
    .where("sequence", "=", sequence)
    .executeTakeFirst();
  if (row !== undefined) return row.hash;
  const anchor = await readAnchor(db, writer);
  return anchor?.sequence === sequence ? anchor.hash : undefined;
}
