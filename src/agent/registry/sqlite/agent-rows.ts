import type { SqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import type { Registry } from "../registry.ts";

/** The part of the registry that is about the agent itself: one row, which is made with the table. */
export function agentRows(db: SqliteFile): Pick<Registry, "agentId" | "setAgentId"> {
  return {
    agentId: async () => db.first<{ readonly id: string }>("select id from agent")?.id ?? "",
    setAgentId: async (id) => void db.transaction(() => db.run("update agent set id = ?", id)),
  };
}
