import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from "kysely";

/**
 * Kysely's SQLite dialect over bun:sqlite.
 *
 * Kysely asks a statement whether it returns rows by `reader`, which bun:sqlite lacks;
 * its column names say the same.
 */
export function bunSqliteDialect(database: Database): Dialect {
  return new BunSqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => statementOf(database.prepare(sql)),
    },
  });
}

class BunSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createAdapter() {
    return new TransactionalAdapter();
  }

  override createDriver() {
    return new ImmediateDriver(this.#config);
  }
}

/**
 * Takes the right to write when a transaction begins. One that reads first and then finds that another connection has
 * written meanwhile fails at once, however long it would wait.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

/** SQLite's changes of the schema are part of a transaction, whatever Kysely's adapter says: a migration that is cut short leaves nothing. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Kysely runs each statement once. One that were left open would keep the file open beyond `close`. */
function statementOf(statement: Statement) {
  const finished = <T>(run: () => T): T => {
    try {
      return run();
    } finally {
      statement.finalize();
    }
  };
  return {
    reader: statement.columnNames.length > 0,
    all: (parameters: ReadonlyArray<unknown>) => finished(() => statement.all(...bindings(parameters))),
    run: (parameters: ReadonlyArray<unknown>) => finished(() => statement.run(...bindings(parameters))),
    *iterate(parameters: ReadonlyArray<unknown>) {
      try {
        yield* statement.iterate(...bindings(parameters));
      } finally {
        statement.finalize();
      }
    },
  };
}

function bindings(parameters: ReadonlyArray<unknown>): SQLQueryBindings[] {
  return parameters as SQLQueryBindings[];
}
