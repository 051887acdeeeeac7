import type { Kysely, Selectable, Transaction } from "kysely";
import { backingSchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { NodeTable, Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { lockRows, requireUpdated } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { type Node, nodeUnknown } from "./node.ts";
import type { NodeChange, NodeStore } from "./node-store.ts";

export function sqlNodeStore(db: Kysely<Schema>, changes: ChangeLog): NodeStore {
  return {
    insert: (node, event) =>
      changes.commit(async (tx) => {
        await insertRow(tx, node);
        return { result: undefined, change: { event, touched: [{ kind: "nodes", ref: node.id }] } };
      }),
    byId: (id) => nodeBy(db, "id", id),
    byName: (name) => nodeBy(db, "name", name),
    async page(request) {
      const { name, sort, limit } = request;
      const all = db.selectFrom("nodes").selectAll();
      const columns = { sort: sort.field === "name" ? "name" : "created_at", id: "id", name: "name" };
      const rows = await pageQuery(name === undefined ? all : all.where("name", "=", name), request, columns).execute();
      const value = (node: Node) => (sort.field === "name" ? node.name : node.createdAt.toISOString());
      return cutPage(rows.map(nodeOf), limit, (node) => ({ value: value(node), id: node.id }));
    },
    all: async () => (await db.selectFrom("nodes").selectAll().orderBy("name").execute()).map(nodeOf),
    change: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "nodes", "id", [id]);
        const current = await requireNode(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        await writeChange(tx, current, change);
        return { result: await requireNode(tx, id), change: { event: change.event, touched: [{ kind: "nodes", ref: id }] } };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "nodes", "id", [id]);
        const current = await requireNode(tx, id);
        const event = plan(current, await serversOn(tx, current.name));
        await tx.deleteFrom("nodes").where("id", "=", id).execute();
        return { result: undefined, change: { event, touched: [{ kind: "nodes", ref: id }] } };
      }),
  };
}

async function insertRow(tx: Transaction<Schema>, node: Node): Promise<void> {
  const { id, name, description, address, version } = node;
  const certificate = node.certificate ?? null;
  const [created_at, updated_at] = [node.createdAt.toISOString(), node.updatedAt.toISOString()];
  try {
    await tx.insertInto("nodes").values({ id, name, description, address, certificate, version, created_at, updated_at }).execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "NODE_NAME_TAKEN", `There is a node ${name} already`);
    throw thrown;
  }
}

async function writeChange(tx: Transaction<Schema>, current: Node, change: NodeChange): Promise<void> {
  const { description, address, certificate, event } = change;
  const updated = await tx
    .updateTable("nodes")
    .set({
      ...(description === undefined ? {} : { description }),
      ...(address === undefined ? {} : { address }),
      ...(certificate === undefined ? {} : { certificate }),
      version: current.version + 1,
      updated_at: event.at,
    })
    .where("id", "=", current.id)
    .where("version", "=", current.version)
    .executeTakeFirst();
  requireUpdated(updated);
}

async function requireNode(tx: Transaction<Schema>, id: string): Promise<Node> {
  const node = await nodeBy(tx, "id", id);
  if (node === undefined) throw nodeUnknown(id);
  return node;
}

async function nodeBy(db: Kysely<Schema>, column: "id" | "name", value: string): Promise<Node | undefined> {
  const row = await db.selectFrom("nodes").selectAll().where(column, "=", value).executeTakeFirst();
  return row === undefined ? undefined : nodeOf(row);
}

/** Which servers are on which node stands in their backings alone. */
async function serversOn(tx: Transaction<Schema>, node: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("servers")
    .select(["handle", "backing"])
    .where("backing", "like", '%"component"%')
    .orderBy("handle")
    .execute();
  const isOn = (backing: string) => {
    const parsed = backingSchema.parse(JSON.parse(backing));
    return parsed.kind === "component" && parsed.node === node;
  };
  return rows.filter(({ backing }) => isOn(backing)).map(({ handle }) => handle);
}

function nodeOf(row: Selectable<NodeTable>): Node {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    address: row.address,
    certificate: row.certificate ?? undefined,
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
