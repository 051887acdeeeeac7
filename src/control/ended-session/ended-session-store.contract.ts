import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Change } from "../change/change-log.ts";
import type { EndedSessionStore } from "./ended-session-store.ts";

/** Gives an empty store, and what was recorded. */
export type WithEndedSessionStore = (run: (store: EndedSessionStore, changes: readonly Change[]) => Promise<void>) => Promise<void>;

const at = (ms: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + ms);
const EVENT: AuditDraft = { kind: "rpc", outcome: "ok", at: at(0).toISOString(), actorKind: "gateway", actorId: "gw_1", actorName: "edge" };
const A = { idHash: "a".repeat(64), expiresAt: at(1000) };
const B = { idHash: "b".repeat(64), expiresAt: at(2000) };

/** What every adapter of `EndedSessionStore` does. */
export function endedSessionStoreContract(engine: string, withStore: WithEndedSessionStore): void {
  test(`${engine}: a session that ended is known until its limit, and announced with it`, () =>
    withStore(async (store, changes) => {
      await store.add(A, EVENT);
      expect(await store.live(at(999))).toEqual([A]);
      expect(await store.live(at(1000))).toEqual([]);
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "ended_sessions", ref: `${A.idHash} ${A.expiresAt.toISOString()}` }] }]);
    }));

  test(`${engine}: ending a session twice is no error, also at the same time, and is announced once`, () =>
    withStore(async (store, changes) => {
      await Promise.all([store.add(A, EVENT), store.add(A, EVENT), store.add(A, EVENT)]);
      await store.add(A, EVENT);
      expect([await store.live(at(0)), changes.length]).toEqual([[A], 1]);
    }));

  test(`${engine}: what is past its limit is pruned, and nothing else`, () =>
    withStore(async (store) => {
      await store.add(A, EVENT);
      await store.add(B, EVENT);
      await store.prune(at(1000));
      expect(await store.live(at(0))).toEqual([B]);
    }));
}
