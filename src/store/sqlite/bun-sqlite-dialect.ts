import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { type Dialect, SqliteDialect } from "kysely";

/**
 * Kysely's SQLite dialect over bun:sqlite.
 *
 * Kysely asks a statement whether it returns rows by `reader`, which bun:sqlite lacks;
 * its column names say the same.
 */
export function bunSqliteDialect(database: Database): Dialect {
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => statementOf(database.prepare(sql)),
    },
  });
}

function statementOf(statement: Statement) {
  return {
    reader: statement.columnNames.length > 0,
    all: (parameters: ReadonlyArray<unknown>) => statement.all(...bindings(parameters)),
    run: (parameters: ReadonlyArray<unknown>) => statement.run(...bindings(parameters)),
    iterate: (parameters: ReadonlyArray<unknown>) => statement.iterate(...bindings(parameters)),
  };
}

function bindings(parameters: ReadonlyArray<unknown>): SQLQueryBindings[] {
  return parameters as SQLQueryBindings[];
}
