import { systemClock } from "../core/clock.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { openDatabase } from "../store/open-database.ts";
import { readAuditWriterId } from "./audit-writer-id.ts";
import { DEFAULT_CONFIG } from "./config-file.ts";
import type { DataFolder } from "./data-folder.ts";
import { holdDataFolder } from "./hold-data-folder.ts";
import { createLog } from "./log.ts";
import { deriveKeys, readMasterKey } from "./master-key.ts";
import { Releases } from "./releases.ts";
import { type Control, startControl } from "./start-control.ts";

export interface WithControlOptions {
  readonly folder: DataFolder;
  /** Undefined: SQLite in the data folder. */
  readonly databaseUrl: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Does something with mcpd's parts while no mcpd holds the data folder. Throws `conflict`/`DATA_FOLDER_HELD` where one does. */
export async function withControl<T>(options: WithControlOptions, run: (control: Control) => Promise<T>): Promise<T> {
  const { folder, databaseUrl = folder.database } = options;
  const releases = new Releases();
  try {
    const lock = holdDataFolder(folder);
    releases.add(() => lock.release());
    const { db, engine } = await openDatabase(databaseUrl);
    releases.add(() => db.destroy());
    await migrateToLatest(db);
    const control = await startControl({
      db,
      engine,
      databaseUrl,
      auditWriter: readAuditWriterId(folder.auditWriter),
      auditCheckpoints: folder.auditCheckpoints,
      auditThread: false,
      keys: deriveKeys(readMasterKey(folder.masterKey)),
      operatorKey: "",
      bindAddress: "127.0.0.1",
      config: DEFAULT_CONFIG,
      clock: systemClock,
      log: createLog(options.env),
    });
    releases.add(() => control.close());
    return await run(control);
  } finally {
    await releases.run();
  }
}
