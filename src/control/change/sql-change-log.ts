import type { Transaction } from "kysely";
import type { FeedEvent } from "../../api/feed-event.ts";
import type { Clock } from "../../core/clock.ts";
import type { Schema } from "../../store/schema.ts";
import { rowOfDraft } from "../audit/audit-row.ts";
import type { SqlAuditChain } from "../audit/sql-audit-chain.ts";
import type { ChangeLog } from "./change-log.ts";
import { writeFeedEvent } from "./feed-rows.ts";

export interface ChangeLogDeps {
  readonly chain: SqlAuditChain;
  readonly clock: Clock;
  /** Hears of every change once it is committed, in order. */
  readonly announce: (event: FeedEvent) => void;
  /** Makes the database wake other processes when the change commits. */
  readonly notify?: ((tx: Transaction<Schema>, revision: number) => Promise<void>) | undefined;
}

/**
 * Changes in the database. One transaction holds the rows, then the audit event, then the feed's revision.
 *
 * A change that touches nothing has its audit event and no revision: nobody has to read anything anew. `write` must
 * not commit another change: it would wait for itself.
 */
export function sqlChangeLog({ chain, clock, announce, notify }: ChangeLogDeps): ChangeLog {
  return {
    async commit(write) {
      const { result } = await chain.transact(
        async (tx, append) => {
          const { result, change } = await write(tx);
          if (change === undefined) return { result, event: undefined };
          await append([rowOfDraft(change.event, () => clock.now())]);
          if (change.touched.length === 0) return { result, event: undefined };
          const event = await writeFeedEvent(tx, change.touched, clock.now());
          await notify?.(tx, event.revision);
          return { result, event };
        },
        ({ event }) => {
          if (event !== undefined) announce(event);
        },
      );
      return result;
    },
  };
}
