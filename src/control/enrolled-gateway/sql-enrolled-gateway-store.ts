import type { Kysely, Selectable } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { GatewayTable, Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import type { EnrolledGateway } from "./enrolled-gateway.ts";
import type { EnrolledGatewayStore } from "./enrolled-gateway-store.ts";

const SEEN_EVERY_MS = 60_000;

export function sqlEnrolledGatewayStore(db: Kysely<Schema>, changes: ChangeLog): EnrolledGatewayStore {
  const by = async (column: "id" | "name" | "sha256", value: string) => {
    const row = await db.selectFrom("gateways").selectAll().where(column, "=", value).executeTakeFirst();
    return row === undefined ? undefined : gatewayOf(row);
  };
  return {
    async insert(gateway, event) {
      await changes.commit(async (tx) => {
        try {
          await tx.insertInto("gateways").values(rowOf(gateway)).execute();
        } catch (thrown) {
          if (!isUniqueViolation(thrown)) throw thrown;
          throw new AppError("conflict", "GATEWAY_NAME_TAKEN", `There is a gateway ${gateway.name} already`);
        }
        return { result: undefined, change: { event, touched: [{ kind: "gateways", ref: gateway.id }] } };
      });
    },
    byId: (id) => by("id", id),
    byName: (name) => by("name", name),
    byHash: (sha256) => by("sha256", sha256),
    async page(request) {
      const { name, sort, limit } = request;
      const query = db.selectFrom("gateways").selectAll();
      const columns = { sort: sort.field === "name" ? "name" : "created_at", id: "id", name: "name" };
      const rows = await pageQuery(name === undefined ? query : query.where("name", "=", name), request, columns).execute();
      const sortValue = (gateway: EnrolledGateway) => (sort.field === "name" ? gateway.name : gateway.createdAt.toISOString());
      return cutPage(rows.map(gatewayOf), limit, (gateway) => ({ value: sortValue(gateway), id: gateway.id }));
    },
    delete(id, event) {
      return changes.commit(async (tx) => {
        const { numDeletedRows } = await tx.deleteFrom("gateways").where("id", "=", id).executeTakeFirst();
        const deleted = numDeletedRows > 0n;
        return { result: deleted, change: deleted ? { event, touched: [{ kind: "gateways", ref: id }] } : undefined };
      });
    },
    async recordSeen(id, at) {
      const before = new Date(at.getTime() - SEEN_EVERY_MS).toISOString();
      await db
        .updateTable("gateways")
        .set({ last_seen_at: at.toISOString() })
        .where("id", "=", id)
        .where((eb) => eb.or([eb("last_seen_at", "is", null), eb("last_seen_at", "<=", before)]))
        .execute();
    },
  };
}

function rowOf(gateway: EnrolledGateway): GatewayTable {
  return {
    id: gateway.id,
    name: gateway.name,
    description: gateway.description,
    head: gateway.head,
    sha256: gateway.sha256,
    version: gateway.version,
    created_at: gateway.createdAt.toISOString(),
    updated_at: gateway.updatedAt.toISOString(),
    last_seen_at: gateway.lastSeenAt?.toISOString() ?? null,
  };
}

function gatewayOf(row: Selectable<GatewayTable>): EnrolledGateway {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    head: row.head,
    sha256: row.sha256,
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    lastSeenAt: row.last_seen_at === null ? undefined : new Date(row.last_seen_at),
  };
}
