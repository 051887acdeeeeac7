import type { Kysely, Selectable, Transaction } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { ProjectTable, Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { Project } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

export function sqlProjectStore(db: Kysely<Schema>): ProjectStore {
  return {
    async insert(project, serverIds) {
      const links = serverIds.map((serverId, position) => ({ project_id: project.id, server_id: serverId, position }));
      await db.transaction().execute(async (tx) => {
        await insertRow(tx, project);
        if (links.length > 0) await tx.insertInto("project_servers").values(links).execute();
      });
    },
    async byName(name) {
      const row = await db.selectFrom("projects").selectAll().where("name", "=", name).executeTakeFirst();
      return row === undefined ? undefined : projectOf(row);
    },
    async definitions() {
      const projects = await db.selectFrom("projects").select(["id", "name"]).orderBy("name").execute();
      const links = await db
        .selectFrom("project_servers")
        .innerJoin("servers", "servers.id", "project_servers.server_id")
        .select(["project_servers.project_id", "servers.handle"])
        .orderBy("project_servers.position")
        .execute();
      return projects.map(({ id, name }) => ({
        id,
        name,
        servers: links.filter((link) => link.project_id === id).map((link) => link.handle),
      }));
    },
  };
}

async function insertRow(tx: Transaction<Schema>, project: Project): Promise<void> {
  try {
    await tx.insertInto("projects").values(rowOf(project)).execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "PROJECT_NAME_TAKEN", `There is a project ${project.name} already`);
    throw thrown;
  }
}

function rowOf(project: Project): ProjectTable {
  return { id: project.id, name: project.name, owner_id: project.ownerId, created_at: project.createdAt.toISOString() };
}

function projectOf(row: Selectable<ProjectTable>): Project {
  return { id: row.id, name: row.name, ownerId: row.owner_id, createdAt: new Date(row.created_at) };
}
