import type { Kysely, Transaction } from "kysely";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import type { AuditSink, ChangeLog } from "../change/change-log.ts";
import { pruneFeed } from "../change/feed-rows.ts";
import { openChangeFeed, type SqlChangeFeed } from "../change/sql-change-feed.ts";
import { sqlChangeLog } from "../change/sql-change-log.ts";
import { AuditQueue, type AuditQueueOptions } from "./audit-queue.ts";
import { type RetentionOptions, startRetention } from "./audit-retention.ts";
import type { AuditStore } from "./audit-store.ts";
import { AuditTail } from "./audit-tail.ts";
import { chooseChain } from "./chain-end.ts";
import type { Checkpoints } from "./checkpoint.ts";
import { CheckpointWriter } from "./checkpoint-writer.ts";
import { pruneAudit } from "./prune-audit.ts";
import { SqlAuditChain } from "./sql-audit-chain.ts";
import { sqlAuditStore } from "./sql-audit-store.ts";
import { type AuditVerdict, verifyAudit } from "./verify-audit.ts";

export interface AuditLogDeps {
  readonly db: Kysely<Schema>;
  /** The id of this mcpd, the same after a restart: at most 30 characters, without white space. */
  readonly writer: string;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  /** Other processes change this database too: they are looked for, and woken by `notify` where the engine can. */
  readonly shared: boolean;
  readonly notify?: ((tx: Transaction<Schema>, revision: number) => Promise<void>) | undefined;
  /** Calls its listener when another process may have changed something. */
  readonly onWake?: ((listener: () => void) => () => void) | undefined;
  readonly onFailure: (thrown: unknown) => void;
}

export interface AuditLogOptions {
  readonly queue?: Partial<AuditQueueOptions>;
  readonly retention?: Partial<RetentionOptions>;
  readonly checkpointMs?: number;
  /** How often other processes are looked for, in milliseconds. */
  readonly feedPollMs?: number;
  readonly tailPollMs?: number;
}

/** Everything of the audit log and the change feed of one mcpd, over one database. */
export interface AuditLog {
  readonly changes: ChangeLog;
  readonly feed: SqlChangeFeed;
  readonly sink: AuditSink;
  readonly store: AuditStore;
  readonly tail: AuditTail;
  /** Checks all chains; what was recorded before this call is part of it. */
  verify(signal: AbortSignal): Promise<AuditVerdict>;
  /** Events that wait to be written, and those that were dropped since the start. */
  backlog(): { readonly waiting: number; readonly dropped: number };
  /** Writes what waits and signs the end. Resolves with the number of events that could not be written. */
  close(): Promise<number>;
}

/** Chooses the chain, signs its beginning and starts what runs beside. Throws where the database or the file cannot be read. */
export async function openAuditLog(deps: AuditLogDeps, options: AuditLogOptions = {}): Promise<AuditLog> {
  const { db, writer: base, checkpoints, clock, shared, notify, onWake, onFailure } = deps;
  const { writer, tail: end, broken } = await chooseChain(db, base, (await checkpoints.read()).checkpoints);
  await checkpoints.add({ kind: "end", writer, ...end, at: clock.now().toISOString() });

  const chain = new SqlAuditChain({ db, transaction: (run) => retryTransaction(db, run), writer, tail: end });
  const signer = new CheckpointWriter({ checkpoints, writer, clock, onFailure }, options.checkpointMs);
  chain.onAppend((_, tail) => signer.reached(tail));
  const queue = new AuditQueue({ chain, clock, onFailure }, options.queue);
  const feed = await openChangeFeed({ db, pollMs: shared ? (options.feedPollMs ?? 500) : undefined, onWake, onFailure });
  const changes = sqlChangeLog({ chain, clock, announce: (event) => feed.announce(event), notify });
  const tail = new AuditTail({ db, chain, pollMs: shared ? (options.tailPollMs ?? 1000) : undefined, onFailure });
  const stopRetention = startRetention(
    {
      clock,
      pruneAudit: (before, signal) => pruneAudit({ db, changes, checkpoints, clock, writer: base }, before, signal),
      pruneFeed: (before) => pruneFeed(db, before),
      onFailure,
    },
    options.retention,
  );
  if (broken.length > 0) queue.record(brokenChains(broken, writer, clock.now()));
  return {
    changes,
    feed,
    sink: queue,
    store: sqlAuditStore(db),
    tail,
    async verify(signal) {
      await queue.flush();
      return verifyAudit({ db, checkpoints, writer: base }, signal);
    },
    backlog: () => ({ waiting: queue.waiting, dropped: queue.dropped }),
    async close() {
      await stopRetention();
      await tail.close();
      const lost = await queue.close();
      await feed.close();
      await signer.close();
      return lost;
    },
  };
}

function brokenChains(broken: readonly string[], writer: string, at: Date): AuditDraft {
  return {
    kind: "gate_decision",
    outcome: "failed",
    at: at.toISOString(),
    actorKind: "system",
    actorId: "system",
    actorName: "system",
    code: "audit_chain_broken",
    detail: { broken, continuedIn: writer },
  };
}
