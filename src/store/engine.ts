import { MysqlAdapter, PostgresAdapter, type QueryExecutorProvider } from "kysely";

export type Engine = "sqlite" | "postgres" | "mysql";

/** The engine behind a connection or a transaction. MariaDB counts as MySQL. */
export function engineOf(db: QueryExecutorProvider): Engine {
  const { adapter } = db.getExecutor();
  if (adapter instanceof PostgresAdapter) return "postgres";
  return adapter instanceof MysqlAdapter ? "mysql" : "sqlite";
}
