import type { Kysely, Transaction } from "kysely";
import type { Clock } from "../../core/clock.ts";
import type { Schema } from "../../store/schema.ts";
import type { ChangeLog } from "../change/change-log.ts";
import type { Link } from "./audit-chain.ts";
import { momentOf } from "./audit-moment.ts";
import { rowFromDatabase } from "./audit-row.ts";
import { allWriters } from "./audit-writers.ts";
import { isOwnChain, readAnchor } from "./chain-end.ts";
import { ChainCheck, type ChainVerdict } from "./check-chain.ts";
import { type Checkpoint, type Checkpoints, lastEnd } from "./checkpoint.ts";

export interface PruneAuditDeps {
  readonly db: Kysely<Schema>;
  readonly changes: ChangeLog;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  /** The writer id of this mcpd, as it was given. */
  readonly writer: string;
}

/** Events of one transaction: a database in this process stands still for as long. */
const MAX_AT_ONCE = 2000;

/**
 * Takes away the events before `cutoff`, from the beginning of each chain up to the first that is younger, and never
 * beyond the last signed checkpoint. The chains of other mcpds are left to them, until all of a chain is that old.
 *
 * A cut is signed first; then the rows go, the anchor is set and the prune is recorded in one transaction, with what was
 * wrong with them. Returns how many events went.
 */
export async function pruneAudit(deps: PruneAuditDeps, cutoff: Date, signal: AbortSignal): Promise<number> {
  let pruned = 0;
  for (const writer of await allWriters(deps.db)) {
    for (let cut = await nextCut(deps, writer, cutoff); cut !== undefined && !signal.aborted; cut = await nextCut(deps, writer, cutoff)) {
      pruned += await cutChain(deps, writer, cut, cutoff);
    }
  }
  await pruneMoments(deps.db, cutoff, signal);
  return pruned;
}

/** What is said of moments that no event is left of: those before the cutoff, unless an event of then was kept. */
async function pruneMoments(db: Kysely<Schema>, cutoff: Date, signal: AbortSignal): Promise<void> {
  const oldest = await db.selectFrom("audit_events").select("at").orderBy("at").limit(1).executeTakeFirst();
  const before = cutoff.toISOString();
  const end = momentOf(oldest === undefined || before < oldest.at ? before : oldest.at);
  for (let next: string | undefined = ""; next !== undefined && !signal.aborted; ) {
    const gone = db.selectFrom("audit_moments").select("moment").where("moment", "<", end).orderBy("moment");
    next = (await gone.offset(MAX_AT_ONCE).limit(1).executeTakeFirst())?.moment;
    await db
      .deleteFrom("audit_moments")
      .where("moment", "<", next ?? end)
      .execute();
  }
}

/** The last event of the next transaction; undefined where there is nothing to prune. */
async function nextCut({ db, checkpoints, writer: ownWriter }: PruneAuditDeps, writer: string, cutoff: Date): Promise<Link | undefined> {
  const rows = db.selectFrom("audit_events").where("writer", "=", writer);
  const first = await rows.select("sequence").orderBy("sequence").limit(1).executeTakeFirst();
  if (first === undefined) return undefined;
  const young = await rows.where("at", ">=", cutoff.toISOString()).select("sequence").orderBy("sequence").limit(1).executeTakeFirst();
  const own = isOwnChain(ownWriter, writer);
  if (!own && young !== undefined) return undefined;
  const end = own ? lastEnd((await checkpoints.read()).checkpoints, writer) : undefined;
  const signed = end?.sequence ?? (young === undefined ? Number.MAX_SAFE_INTEGER : 0);
  const before = Math.min(young === undefined ? Number.MAX_SAFE_INTEGER : Number(young.sequence) - 1, signed);
  const upTo = Math.min(before, Number(first.sequence) + MAX_AT_ONCE - 1);
  const last = await rows
    .where("sequence", "<=", upTo)
    .select(["sequence", "hash"])
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return last === undefined ? undefined : { sequence: Number(last.sequence), hash: last.hash };
}

async function cutChain(
  { changes, checkpoints, clock, writer: own }: PruneAuditDeps,
  writer: string,
  cut: Link,
  cutoff: Date,
): Promise<number> {
  const at = clock.now().toISOString();
  const checkpoint: Checkpoint = { kind: "cut", writer, ...cut, at };
  if (isOwnChain(own, writer)) await checkpoints.add(checkpoint);
  return changes.commit(async (tx) => {
    const { first, findings } = await lookOnceMore(tx, writer, cut);
    const { numDeletedRows } = await tx
      .deleteFrom("audit_events")
      .where("writer", "=", writer)
      .where("sequence", "<=", cut.sequence)
      .executeTakeFirst();
    const events = Number(numDeletedRows);
    if (events === 0) return { result: 0, change: undefined };
    await setAnchor(tx, checkpoint);
    const detail = {
      writer,
      from: first,
      to: cut.sequence,
      events,
      before: cutoff.toISOString(),
      ...(findings.length > 0 && { findings }),
    };
    const outcome = findings.length === 0 ? ("ok" as const) : ("failed" as const);
    return { result: events, change: { event: { ...OWN, outcome, at, detail }, touched: [] } };
  });
}

/** What is wrong with the events that are about to go: nobody can find it afterwards. */
async function lookOnceMore(tx: Transaction<Schema>, writer: string, cut: Link): Promise<ChainVerdict> {
  const check = new ChainCheck({ writer, anchor: await readAnchor(tx, writer), ends: [], own: false });
  const rows = tx.selectFrom("audit_events").selectAll().where("writer", "=", writer).where("sequence", "<=", cut.sequence);
  for (const row of await rows.orderBy("sequence").execute()) check.add(rowFromDatabase(row));
  return check.finish([]);
}

async function setAnchor(tx: Transaction<Schema>, { writer, sequence, hash, at }: Checkpoint): Promise<void> {
  await tx.deleteFrom("audit_anchors").where("writer", "=", writer).execute();
  await tx.insertInto("audit_anchors").values({ writer, sequence, hash, at }).execute();
}

const OWN = {
  kind: "rpc",
  actorKind: "system",
  actorId: "system",
  actorName: "system",
  action: "audit.prune",
  resource: "audit",
} as const;
