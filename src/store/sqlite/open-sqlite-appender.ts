import { Database, type Statement } from "bun:sqlite";

export type SqliteValue = string | number | null;

/** A connection that adds rows and looks single ones up. Each call is over when it returns. */
export interface SqliteAppender {
  /** The first row that a query gives; undefined where it gives none. */
  first<T>(sql: string, ...parameters: readonly SqliteValue[]): T | undefined;
  /** Adds rows in one transaction: on disk when it returns, or none of them is there. */
  insert(...inserts: readonly SqliteInsert[]): void;
  close(): void;
}

/** Rows of one table. */
export interface SqliteInsert {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqliteValue[])[];
  /** A row that is there already is let by. */
  readonly unlessThere?: boolean;
}

/**
 * Opens another connection to a database that this process has opened and migrated, for a thread that writes much: no
 * query builder, and statements that are prepared once. Two that write wait for each other, this one `busyMs` at most.
 */
export function openSqliteAppender(file: string, busyMs = 5000): SqliteAppender {
  const database = new Database(file, { create: false, readwrite: true });
  database.run(`PRAGMA busy_timeout = ${busyMs}`);
  database.run("PRAGMA synchronous = FULL");
  const statements = new Map<string, Statement>();
  const statementFor = ({ table, columns, unlessThere }: SqliteInsert): Statement => {
    const verb = unlessThere === true ? "insert or ignore" : "insert";
    const sql = `${verb} into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    first: <T>(sql: string, ...parameters: readonly SqliteValue[]) => (database.query(sql).get(...parameters) as T | null) ?? undefined,
    insert(...inserts) {
      // Immediate: one that begins to write later may find that the other has written meanwhile, which no wait mends.
      const all = database.transaction(() => {
        for (const insert of inserts) {
          const statement = statementFor(insert);
          for (const row of insert.rows) statement.run(...row);
        }
      });
      all.immediate();
    },
    close() {
      for (const statement of statements.values()) statement.finalize();
      database.close();
    },
  };
}
