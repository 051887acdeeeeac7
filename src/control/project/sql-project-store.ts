import type { Kysely, Transaction } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { lockRows, requireUpdated } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { serverUnknown } from "../server/server.ts";
import { userUnknown } from "../user/user.ts";
import { type Project, type ProjectDetails, projectUnknown } from "./project.ts";
import type { ProjectChange, ProjectFilter, ProjectStore } from "./project-store.ts";
import { readProjectDefinitions } from "./sql-project-definitions.ts";

const SORT_COLUMN = { name: "projects.name", createdAt: "projects.created_at" } as const;

export function sqlProjectStore(db: Kysely<Schema>, changes: ChangeLog): ProjectStore {
  return {
    insert: (project, servers, event) =>
      changes.commit(async (tx) => {
        const owner = await requireOwner(tx, "id", project.ownerId);
        await insertRow(tx, project);
        await linkServers(tx, project.id, servers);
        const result = { ...project, owner: owner.username, servers };
        return { result, change: { event, touched: [{ kind: "projects", ref: project.id }] } };
      }),
    byId: (id) => projectBy(db, "projects.id", id),
    byName: (name) => projectBy(db, "projects.name", name),
    async page(filter, request) {
      const query = filteredProjects(db, filter);
      const columns = { sort: SORT_COLUMN[request.sort.field], id: "projects.id", name: "projects.name" };
      const found = await withServers(db, await pageQuery(query, request, columns).execute());
      const value = (project: Project) => (request.sort.field === "name" ? project.name : project.createdAt.toISOString());
      return cutPage(found, request.limit, (project) => ({ value: value(project), id: project.id }));
    },
    change: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "projects", "id", [id]);
        const current = await requireProject(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        await writeChange(tx, current, change);
        return { result: await requireProject(tx, id), change: { event: change.event, touched: [{ kind: "projects", ref: id }] } };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "projects", "id", [id]);
        const event = plan(await requireProject(tx, id));
        return { result: undefined, change: await deleteProject(tx, id, event) };
      }),
    definitions: () => readProjectDefinitions(db),
  };
}

async function insertRow(tx: Transaction<Schema>, project: Project): Promise<void> {
  const { id, name, description, ownerId, version } = project;
  const [created_at, updated_at] = [project.createdAt.toISOString(), project.updatedAt.toISOString()];
  try {
    await tx.insertInto("projects").values({ id, name, description, owner_id: ownerId, version, created_at, updated_at }).execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "PROJECT_NAME_TAKEN", `There is a project ${name} already`);
    throw thrown;
  }
}

/** The project's servers are these from here on; none of them goes away meanwhile. */
async function linkServers(tx: Transaction<Schema>, projectId: string, handles: readonly string[]): Promise<void> {
  await tx.deleteFrom("project_servers").where("project_id", "=", projectId).execute();
  if (handles.length === 0) return;
  await lockRows(tx, "servers", "handle", handles);
  const rows = await tx.selectFrom("servers").select(["id", "handle"]).where("handle", "in", handles).execute();
  const ids = new Map(rows.map(({ id, handle }) => [handle, id]));
  const links = handles.map((handle, position) => {
    const serverId = ids.get(handle);
    if (serverId === undefined) throw serverUnknown(handle);
    return { project_id: projectId, server_id: serverId, position };
  });
  await tx.insertInto("project_servers").values(links).execute();
}

async function writeChange(tx: Transaction<Schema>, current: ProjectDetails, change: ProjectChange): Promise<void> {
  const owner = change.owner === undefined ? {} : { owner_id: (await requireOwner(tx, "username", change.owner)).id };
  const description = change.description === undefined ? {} : { description: change.description };
  const updated = await tx
    .updateTable("projects")
    .set({ ...owner, ...description, version: current.version + 1, updated_at: change.event.at })
    .where("id", "=", current.id)
    .where("version", "=", current.version)
    .executeTakeFirst();
  requireUpdated(updated);
  if (change.servers !== undefined) await linkServers(tx, current.id, change.servers);
}

/** The user stays until the transaction ends: nobody who owns a project is deleted. Throws `not_found`/`USER_UNKNOWN`. */
async function requireOwner(tx: Transaction<Schema>, column: "id" | "username", value: string) {
  await lockRows(tx, "users", column, [value]);
  const user = await tx.selectFrom("users").select(["id", "username"]).where(column, "=", value).executeTakeFirst();
  if (user === undefined) throw userUnknown(value);
  return user;
}

/** What hangs on the project goes by foreign keys; who has cached a token must hear of it by its hash. */
async function deleteProject(tx: Transaction<Schema>, id: string, event: Change["event"]): Promise<Change> {
  // A change of a key waits for tokens that are being issued for this project, and makes later ones fail (Postgres).
  await tx.updateTable("projects").set({ name: id }).where("id", "=", id).execute();
  const tokens = await tx.selectFrom("mcp_tokens").select(["id", "name", "sha256"]).where("project_id", "=", id).execute();
  const definitions = await tx
    .selectFrom("rbac_definitions")
    .innerJoin("mcp_tokens", "mcp_tokens.id", "rbac_definitions.token_id")
    .select("rbac_definitions.id")
    .where("mcp_tokens.project_id", "=", id)
    .execute();
  const prompts = await tx.selectFrom("prompts").select("id").where("project_id", "=", id).execute();
  await tx.deleteFrom("projects").where("id", "=", id).execute();
  const mcptokens = tokens.slice(0, 100).map(({ name }) => name);
  return {
    event: { ...event, detail: { ...event.detail, revoked: tokens.length, mcptokens, prompts: prompts.length } },
    touched: [
      { kind: "projects", ref: id },
      ...tokens.map(({ sha256 }) => ({ kind: "mcptokens" as const, ref: sha256 })),
      ...definitions.map((definition) => ({ kind: "rbac" as const, ref: definition.id })),
      ...prompts.map((prompt) => ({ kind: "prompts" as const, ref: prompt.id })),
    ],
  };
}

async function requireProject(tx: Transaction<Schema>, id: string): Promise<ProjectDetails> {
  const project = await projectBy(tx, "projects.id", id);
  if (project === undefined) throw projectUnknown(id);
  return project;
}

async function projectBy(db: Kysely<Schema>, column: "projects.id" | "projects.name", value: string): Promise<ProjectDetails | undefined> {
  const rows = await selectProjects(db).where(column, "=", value).execute();
  return (await withServers(db, rows))[0];
}

function selectProjects(db: Kysely<Schema>) {
  return db
    .selectFrom("projects")
    .innerJoin("users", "users.id", "projects.owner_id")
    .selectAll("projects")
    .select("users.username as owner");
}

function filteredProjects(db: Kysely<Schema>, { name, owner, server }: ProjectFilter) {
  let query = selectProjects(db);
  if (name !== undefined) query = query.where("projects.name", "=", name);
  if (owner !== undefined) query = query.where("users.username", "=", owner);
  if (server === undefined) return query;
  return query.where(({ exists, selectFrom }) =>
    exists(
      selectFrom("project_servers")
        .innerJoin("servers", "servers.id", "project_servers.server_id")
        .select("project_servers.project_id")
        .whereRef("project_servers.project_id", "=", "projects.id")
        .where("servers.handle", "=", server),
    ),
  );
}

type Row = Awaited<ReturnType<ReturnType<typeof selectProjects>["execute"]>>[number];

async function withServers(db: Kysely<Schema>, rows: readonly Row[]): Promise<ProjectDetails[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const links = await db
    .selectFrom("project_servers")
    .innerJoin("servers", "servers.id", "project_servers.server_id")
    .select(["project_servers.project_id", "servers.handle"])
    .where("project_servers.project_id", "in", ids)
    .orderBy("project_servers.position")
    .execute();
  const handles = Map.groupBy(links, (link) => link.project_id);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    ownerId: row.owner_id,
    owner: row.owner,
    servers: (handles.get(row.id) ?? []).map(({ handle }) => handle),
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }));
}
