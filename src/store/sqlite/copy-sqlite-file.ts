import { Database } from "bun:sqlite";

/** Writes a whole copy (`VACUUM INTO`) of a database, which another process may have open and write, to a file that is not there yet. */
export function copySqliteFile(file: string, to: string): void {
  const database = new Database(file, { create: false, readwrite: true });
  try {
    database.run("PRAGMA busy_timeout = 5000");
    database.run("VACUUM INTO ?", [to]);
  } finally {
    database.close();
  }
}
