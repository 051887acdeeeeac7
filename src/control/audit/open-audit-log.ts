import type { Kysely, Transaction } from "kysely";
import type { Clock } from "../../core/clock.ts";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import type { AuditSink, ChangeLog } from "../change/change-log.ts";
import { pruneFeed } from "../change/feed-rows.ts";
import { openChangeFeed, type SqlChangeFeed } from "../change/sql-change-feed.ts";
import { sqlChangeLog } from "../change/sql-change-log.ts";
import type { AuditBatch } from "./audit-batch.ts";
import { AuditQueue, type AuditQueueOptions } from "./audit-queue.ts";
import { type RetentionOptions, startRetention } from "./audit-retention.ts";
import type { AuditStore } from "./audit-store.ts";
import { AuditTail } from "./audit-tail.ts";
import { ownDraft } from "./batch-rows.ts";
import { type ChosenChain, chooseChain, requestWriter } from "./chain-end.ts";
import type { Checkpoints } from "./checkpoint.ts";
import { CheckpointWriter } from "./checkpoint-writer.ts";
import { pruneAudit } from "./prune-audit.ts";
import { type RequestChainKeeper, RequestLog } from "./request-log.ts";
import { SqlAuditChain } from "./sql-audit-chain.ts";
import { sqlAuditStore } from "./sql-audit-store.ts";
import { type AuditVerdict, verifyAudit } from "./verify-audit.ts";
import { writeToOwnChain } from "./write-to-own-chain.ts";

export interface AuditLogDeps {
  readonly db: Kysely<Schema>;
  /** The id of this mcpd, the same after a restart: at most 30 characters, without white space. */
  readonly writer: string;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  /**
   * Gives the keeper of a chain of requests of their own. Undefined: events of requests go to the chain of changes, on
   * `db`, where they hold up whatever else this thread does while they are written.
   */
  readonly keepRequests?: ((writer: string) => RequestChainKeeper) | undefined;
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

/** Chooses the chains, signs their beginnings and starts what runs beside. Throws where the database or the file cannot be read. */
export async function openAuditLog(deps: AuditLogDeps, options: AuditLogOptions = {}): Promise<AuditLog> {
  const { db, writer: base, checkpoints, clock, shared, notify, onWake, onFailure } = deps;
  const own = await beginChain(deps, base, options);
  const chain = new SqlAuditChain({ db, transaction: (run) => retryTransaction(db, run), writer: own.writer, tail: own.tail });
  chain.onAppend((_, end) => own.signer.reached(end));
  const requests = await openRequests(deps, options);
  const write = requests === undefined ? writeToOwnChain(chain, clock) : (batch: AuditBatch) => requests.log.write(batch);
  const queue = new AuditQueue({ write, clock, onFailure }, options.queue);
  const feed = await openChangeFeed({ db, pollMs: shared ? (options.feedPollMs ?? 500) : undefined, onWake, onFailure });
  const changes = sqlChangeLog({ chain, clock, announce: (event) => feed.announce(event), notify });
  const tailPollMs = shared ? (options.tailPollMs ?? 1000) : undefined;
  const tail = new AuditTail({ db, chain, requests: requests?.log, pollMs: tailPollMs, onFailure });
  const stopRetention = startRetention(
    {
      clock,
      pruneAudit: (before, signal) => pruneAudit({ db, changes, checkpoints, clock, writer: base }, before, signal),
      pruneFeed: (before) => pruneFeed(db, before),
      onFailure,
    },
    options.retention,
  );
  for (const { broken, writer } of requests === undefined ? [own] : [own, requests]) {
    if (broken.length > 0) queue.record(ownDraft(clock.now(), "audit_chain_broken", { broken, continuedIn: writer }));
  }
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
      await requests?.log.close();
      await feed.close();
      await own.signer.close();
      await requests?.signer.close();
      return lost;
    },
  };
}

/** A chain that is gone on with, and what signs how far it has come. */
interface BegunChain extends ChosenChain {
  readonly signer: CheckpointWriter;
}

async function beginChain(deps: AuditLogDeps, base: string, { checkpointMs }: AuditLogOptions): Promise<BegunChain> {
  const { db, checkpoints, clock, onFailure } = deps;
  const chosen = await chooseChain(db, base, (await checkpoints.read()).checkpoints);
  const { writer, tail } = chosen;
  await checkpoints.add({ kind: "end", writer, ...tail, at: clock.now().toISOString() });
  return { ...chosen, signer: new CheckpointWriter({ checkpoints, writer, clock, onFailure }, checkpointMs) };
}

async function openRequests(deps: AuditLogDeps, options: AuditLogOptions): Promise<(BegunChain & { log: RequestLog }) | undefined> {
  if (deps.keepRequests === undefined) return undefined;
  const begun = await beginChain(deps, requestWriter(deps.writer), options);
  const log = new RequestLog(deps.keepRequests(begun.writer), begun.writer, begun.tail);
  log.onWritten((end) => begun.signer.reached(end));
  return { ...begun, log };
}
