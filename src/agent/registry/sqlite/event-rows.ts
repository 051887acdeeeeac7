import { setImmediate } from "node:timers/promises";
import type { SqliteFile, SqlValue } from "../../../store/sqlite/sqlite-file.ts";
import type { EventQuery, Registry, StateEvent } from "../registry.ts";

type EventMethods = Pick<Registry, "addEvents" | "events" | "countEvents" | "pruneEvents">;

interface EventRow {
  readonly id: number;
  readonly at: number;
  readonly service: string;
  readonly component: string;
  readonly kind: string;
  readonly from_value: string;
  readonly to_value: string;
  readonly message: string;
}

const PRUNED_AT_ONCE = 2000;

/** The part of the registry that is about what happened. */
export function eventRows(db: SqliteFile): EventMethods {
  return {
    addEvents: async (events) =>
      db.relaxed(() => {
        for (const event of events) {
          db.run(
            "insert into events (at, service, component, kind, from_value, to_value, message) values (?, ?, ?, ?, ?, ?, ?)",
            ...[event.at.getTime(), event.service, event.component, event.kind, event.from, event.to, event.message],
          );
        }
      }),
    async events(query) {
      const { where, values } = conditionOf(query);
      const order = query.newest === undefined ? "id" : "id desc";
      // -1 is no limit.
      const limit = query.newest ?? query.oldest ?? -1;
      return db.all<EventRow>(`select * from events ${where} order by ${order} limit ?`, ...values, limit).map(toEvent);
    },
    async countEvents(query) {
      const { where, values } = conditionOf(query);
      return db.first<{ count: number }>(`select count(*) as count from events ${where}`, ...values)?.count ?? 0;
    },
    async pruneEvents(before) {
      let pruned = 0;
      for (;;) {
        const gone = db.relaxed(() =>
          db.run(
            "delete from events where id in (select id from events where at < ? order by at limit ?)",
            ...[before.getTime(), PRUNED_AT_ONCE],
          ),
        );
        pruned += gone;
        if (gone < PRUNED_AT_ONCE) return pruned;
        await setImmediate();
      }
    },
  };
}

function conditionOf(query: EventQuery): { readonly where: string; readonly values: readonly SqlValue[] } {
  const conditions: readonly (readonly [string, SqlValue | undefined])[] = [
    ["service = ?", query.service || undefined],
    ["component = ?", query.component || undefined],
    ["kind = ?", query.kind || undefined],
    ["at >= ?", query.since?.getTime()],
    ["at <= ?", query.until?.getTime()],
    ["id > ?", query.after],
  ];
  const given = conditions.flatMap(([text, value]) => (value === undefined ? [] : [{ text, value }]));
  const where = given.length === 0 ? "" : `where ${given.map(({ text }) => text).join(" and ")}`;
  return { where, values: given.map(({ value }) => value) };
}

function toEvent({ from_value, to_value, at, ...row }: EventRow): StateEvent {
  return { ...row, at: new Date(at), from: from_value, to: to_value };
}
