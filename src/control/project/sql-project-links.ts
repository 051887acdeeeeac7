import { sql, type Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { lockRows } from "../change/lock-rows.ts";
import { MAX_PROJECT_SERVERS, projectUnknown, serversInvalid } from "./project.ts";

/** Makes a server the last one of these projects, which is a change of each. Returns their ids. Throws as `ServerStore.insert` says. */
export async function linkToProjects(
  tx: Transaction<Schema>,
  { serverId, projects, at }: { readonly serverId: string; readonly projects: readonly string[]; readonly at: string },
): Promise<string[]> {
  if (projects.length === 0) return [];
  await lockRows(tx, "projects", "name", projects);
  const rows = await tx
    .selectFrom("projects")
    .leftJoin("project_servers", "project_servers.project_id", "projects.id")
    .select(({ fn }) => [
      "projects.id",
      "projects.name",
      fn.count("project_servers.server_id").as("servers"),
      fn.max("position").as("last"),
    ])
    .where("projects.name", "in", projects)
    .groupBy(["projects.id", "projects.name"])
    .execute();
  const missing = projects.find((name) => !rows.some((row) => row.name === name));
  if (missing !== undefined) throw projectUnknown(missing);
  const full = rows.find(({ servers }) => Number(servers) >= MAX_PROJECT_SERVERS);
  if (full !== undefined) throw serversInvalid(`the project ${full.name} has ${MAX_PROJECT_SERVERS} already, the most there may be`);
  const links = rows.map(({ id, last }) => ({ project_id: id, server_id: serverId, position: last === null ? 0 : Number(last) + 1 }));
  await tx.insertInto("project_servers").values(links).execute();
  const ids = rows.map(({ id }) => id);
  await bumpProjects(tx, ids, at);
  return ids;
}

/** What projects hold has changed, and with it their version. */
export async function bumpProjects(tx: Transaction<Schema>, ids: readonly string[], at: string): Promise<void> {
  if (ids.length === 0) return;
  await tx.updateTable("projects").set({ version: sql`version + 1`, updated_at: at }).where("id", "in", ids).execute();
}
