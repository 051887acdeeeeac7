import type { Kysely, Selectable } from "kysely";
import { backingSchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Schema, ServerTable } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { Server } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

export function sqlServerStore(db: Kysely<Schema>): ServerStore {
  return {
    async insert(server) {
      try {
        await db.insertInto("servers").values(rowOf(server)).execute();
      } catch (thrown) {
        if (isUniqueViolation(thrown)) throw new AppError("conflict", "SERVER_HANDLE_TAKEN", `There is a server ${server.handle} already`);
        throw thrown;
      }
    },
    async byHandle(handle) {
      const row = await db.selectFrom("servers").selectAll().where("handle", "=", handle).executeTakeFirst();
      return row === undefined ? undefined : serverOf(row);
    },
    async updateBacking(id, backing) {
      await db
        .updateTable("servers")
        .set({ backing: JSON.stringify(backing) })
        .where("id", "=", id)
        .execute();
    },
    async all() {
      const rows = await db.selectFrom("servers").selectAll().orderBy("handle").execute();
      return rows.map(serverOf);
    },
  };
}

function rowOf(server: Server): ServerTable {
  return {
    id: server.id,
    handle: server.handle,
    backing: JSON.stringify(server.backing),
    enabled: server.enabled ? 1 : 0,
    created_at: server.createdAt.toISOString(),
  };
}

function serverOf(row: Selectable<ServerTable>): Server {
  return {
    id: row.id,
    handle: row.handle,
    backing: backingSchema.parse(JSON.parse(row.backing)),
    enabled: row.enabled === 1,
    createdAt: new Date(row.created_at),
  };
}
