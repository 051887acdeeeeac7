import { Database, SQLiteError } from "bun:sqlite";
import { existsSync } from "node:fs";

const MAX_PROBLEMS = 5;

/** What SQLite's whole check (`integrity_check`) finds wrong with a file that nobody writes; undefined where it is sound. Changes nothing in it. */
export function checkSqliteFile(file: string): string | undefined {
  if (!existsSync(file)) return "it is not there";
  try {
    const database = new Database(file, { readonly: true });
    try {
      return problemOf(database);
    } finally {
      database.close();
    }
  } catch (thrown) {
    if (thrown instanceof SQLiteError) return thrown.message;
    throw thrown;
  }
}

function problemOf(database: Database): string | undefined {
  const rows = database.query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${MAX_PROBLEMS})`).all();
  const problems = rows.map((row) => row.integrity_check).filter((problem) => problem !== "ok");
  if (problems.length > 0) return problems.join("; ");
  // A file of no bytes is a sound database without a table, and nothing that anybody has saved.
  const { count } = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get() ?? { count: 0 };
  return count === 0 ? "it is empty" : undefined;
}
