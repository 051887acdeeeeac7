import type { Kysely, Selectable, Transaction } from "kysely";
import { backingSchema, serverPolicySchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Schema, ServerTable } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { lockRows, requireUpdated } from "../change/lock-rows.ts";
import { requireNode } from "../node/require-node.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { bumpProjects, linkToProjects } from "../project/sql-project-links.ts";
import { requireSecrets } from "../secret/require-secrets.ts";
import { type Server, type ServerDetails, secretsOf, serverUnknown } from "./server.ts";
import type { ServerChange, ServerFilter, ServerStore } from "./server-store.ts";

const SORT_COLUMN = { handle: "servers.handle", createdAt: "servers.created_at" } as const;

export function sqlServerStore(db: Kysely<Schema>, changes: ChangeLog): ServerStore {
  return {
    insert: (server, projects, event) =>
      changes.commit(async (tx) => {
        await requireNode(tx, server.backing);
        await requireSecrets(tx, secretsOf(server.backing));
        await insertRow(tx, server);
        const projectIds = await linkToProjects(tx, { serverId: server.id, projects, at: event.at });
        const result = { ...server, projects: [...projects].sort() };
        return { result, change: { event, touched: [{ kind: "servers", ref: server.id }, ...touchedProjects(projectIds)] } };
      }),
    byId: (id) => serverBy(db, "id", id),
    byHandle: (handle) => serverBy(db, "handle", handle),
    async page(filter, request) {
      const columns = { sort: SORT_COLUMN[request.sort.field], id: "servers.id", name: "servers.handle" };
      const found = await withProjects(db, await pageQuery(filteredServers(db, filter), request, columns).execute());
      const value = (server: Server) => (request.sort.field === "handle" ? server.handle : server.createdAt.toISOString());
      return cutPage(found, request.limit, (server) => ({ value: value(server), id: server.id }));
    },
    async ofProject(projectId) {
      const query = db.selectFrom("servers").innerJoin("project_servers", "project_servers.server_id", "servers.id").selectAll("servers");
      const rows = await query.where("project_servers.project_id", "=", projectId).orderBy("project_servers.position").execute();
      return withProjects(db, rows);
    },
    change: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "servers", "id", [id]);
        const current = await requireServer(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        await writeChange(tx, current, change);
        return { result: await requireServer(tx, id), change: { event: change.event, touched: [{ kind: "servers", ref: id }] } };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "servers", "id", [id]);
        const event = plan(await requireServer(tx, id));
        const links = await tx.selectFrom("project_servers").select("project_id").where("server_id", "=", id).execute();
        const projectIds = links.map((link) => link.project_id);
        await bumpProjects(tx, projectIds, event.at);
        await tx.deleteFrom("servers").where("id", "=", id).execute();
        return { result: undefined, change: { event, touched: [{ kind: "servers", ref: id }, ...touchedProjects(projectIds)] } };
      }),
    async all() {
      const rows = await db.selectFrom("servers").selectAll().orderBy("handle").execute();
      return rows.map(serverOf);
    },
  };
}

function touchedProjects(ids: readonly string[]) {
  return ids.map((ref) => ({ kind: "projects" as const, ref }));
}

async function insertRow(tx: Transaction<Schema>, server: Server): Promise<void> {
  try {
    await tx.insertInto("servers").values(rowOf(server)).execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "SERVER_HANDLE_TAKEN", `There is a server ${server.handle} already`);
    throw thrown;
  }
}

async function writeChange(tx: Transaction<Schema>, current: ServerDetails, { event, ...change }: ServerChange): Promise<void> {
  if (change.backing !== undefined) {
    await requireNode(tx, change.backing);
    await requireSecrets(tx, secretsOf(change.backing));
  }
  const { id, created_at, ...row } = rowOf({ ...current, ...definedOf(change), version: current.version + 1 });
  const updated = await tx
    .updateTable("servers")
    .set({ ...row, updated_at: event.at })
    .where("id", "=", id)
    .where("version", "=", current.version)
    .executeTakeFirst();
  requireUpdated(updated);
}

function definedOf(change: Omit<ServerChange, "event">): Partial<Server> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

async function requireServer(tx: Transaction<Schema>, id: string): Promise<ServerDetails> {
  const server = await serverBy(tx, "id", id);
  if (server === undefined) throw serverUnknown(id);
  return server;
}

async function serverBy(db: Kysely<Schema>, column: "id" | "handle", value: string): Promise<ServerDetails | undefined> {
  const rows = await db.selectFrom("servers").selectAll().where(column, "=", value).execute();
  return (await withProjects(db, rows))[0];
}

function filteredServers(db: Kysely<Schema>, { handle, project, backing, enabled }: ServerFilter) {
  let query = db.selectFrom("servers").selectAll("servers");
  if (handle !== undefined) query = query.where("servers.handle", "=", handle);
  if (enabled !== undefined) query = query.where("servers.enabled", "=", enabled ? 1 : 0);
  // The kind stands first, as `rowOf` writes it.
  if (backing !== undefined) query = query.where("servers.backing", "like", `{"kind":"${backing}"%`);
  if (project === undefined) return query;
  return query.where(({ exists, selectFrom }) =>
    exists(
      selectFrom("project_servers")
        .innerJoin("projects", "projects.id", "project_servers.project_id")
        .select("project_servers.server_id")
        .whereRef("project_servers.server_id", "=", "servers.id")
        .where("projects.name", "=", project),
    ),
  );
}

async function withProjects(db: Kysely<Schema>, rows: readonly Selectable<ServerTable>[]): Promise<ServerDetails[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const links = await db
    .selectFrom("project_servers")
    .innerJoin("projects", "projects.id", "project_servers.project_id")
    .select(["project_servers.server_id", "projects.name"])
    .where("project_servers.server_id", "in", ids)
    .orderBy("projects.name")
    .execute();
  const names = Map.groupBy(links, (link) => link.server_id);
  return rows.map((row) => ({ ...serverOf(row), projects: (names.get(row.id) ?? []).map(({ name }) => name) }));
}

function rowOf(server: Server): ServerTable {
  return {
    id: server.id,
    handle: server.handle,
    description: server.description,
    backing: JSON.stringify({ ...{ kind: server.backing.kind }, ...server.backing }),
    enabled: server.enabled ? 1 : 0,
    rate_limit: server.rateLimit,
    write_tools: server.writeTools ? 1 : 0,
    policy: JSON.stringify(server.policy),
    version: server.version,
    created_at: server.createdAt.toISOString(),
    updated_at: server.updatedAt.toISOString(),
  };
}

function serverOf(row: Selectable<ServerTable>): Server {
  return {
    id: row.id,
    handle: row.handle,
    description: row.description,
    backing: backingSchema.parse(JSON.parse(row.backing)),
    enabled: row.enabled === 1,
    rateLimit: row.rate_limit,
    writeTools: row.write_tools === 1,
    policy: serverPolicySchema.parse(JSON.parse(row.policy)),
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
