import { Database, type Statement } from "bun:sqlite";

export type SqliteValue = string | number | null;

/** A connection that adds rows and looks single ones up. Each call is over when it returns. */
export interface SqliteAppender {
  /** The first row that a query gives; undefined where it gives none. */
  first<T>(sql: string, ...parameters: readonly SqliteValue[]): T | undefined;
  /** Adds rows in one transaction: on disk when it returns, or none of them is there. */
  insert(table: string, columns: readonly string[], rows: readonly (readonly SqliteValue[])[]): void;
  close(): void;
}

/**
 * Opens another connection to a database that this process has opened and migrated, for a thread that writes much: no
 * query builder, and statements that are prepared once. Two that write wait for each other, this one `busyMs` at most.
 */
export function openSqliteAppender(file: string, busyMs = 5000): SqliteAppender {
  const database = new Database(file, { create: false, readwrite: true });
  database.run(`PRAGMA busy_timeout = ${busyMs}`);
  database.run("PRAGMA synchronous = FULL");
  const inserts = new Map<string, Statement>();
  const insertInto = (table: string, columns: readonly string[]): Statement => {
    const sql = `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
    const statement = inserts.get(sql) ?? database.prepare(sql);
    inserts.set(sql, statement);
    return statement;
  };
  return {
    first: <T>(sql: string, ...parameters: readonly SqliteValue[]) => (database.query(sql).get(...parameters) as T | null) ?? undefined,
    insert(table, columns, rows) {
      const statement = insertInto(table, columns);
      // Immediate: one that begins to write later may find that the other has written meanwhile, which no wait mends.
      const all = database.transaction(() => {
        for (const row of rows) statement.run(...row);
      });
      all.immediate();
    },
    close() {
      for (const statement of inserts.values()) statement.finalize();
      database.close();
    },
  };
}
