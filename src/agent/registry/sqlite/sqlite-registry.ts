import { openSqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import type { Registry } from "../registry.ts";
import { agentRows } from "./agent-rows.ts";
import { componentRows } from "./component-rows.ts";
import { deploymentRows } from "./deployment-rows.ts";
import { eventRows } from "./event-rows.ts";
import { operationRows } from "./operation-rows.ts";
import { REGISTRY_MIGRATIONS } from "./registry-migrations.ts";
import { serviceRows } from "./service-rows.ts";

/**
 * Opens the registry in this file, which is made where there is none; ":memory:" for tests. The lock of its owner is
 * `<file>.lock`. Throws what `openSqliteFile` throws.
 */
export function openSqliteRegistry(file: string): Registry {
  const db = openSqliteFile(file, REGISTRY_MIGRATIONS);
  return {
    ...agentRows(db),
    ...serviceRows(db),
    ...componentRows(db),
    ...deploymentRows(db),
    ...operationRows(db),
    ...eventRows(db),
    copyTo: async (copy) => db.copyTo(copy),
    close: async () => db.close(),
  };
}
