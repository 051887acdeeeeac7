import type { ServiceDefinition } from "../../../service-definition/service-definition.ts";
import type { SqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import { serviceNotFound } from "../not-found.ts";
import type { Registry, ServiceRecord } from "../registry.ts";
import { insertComponent, updateComponentSpec } from "./component-spec-rows.ts";

type ServiceMethods = Pick<Registry, "services" | "service" | "saveService" | "updateService" | "deleteService">;

interface ServiceRow {
  readonly name: string;
  readonly node: string;
  readonly active: number;
  readonly self_heal: ServiceRecord["selfHeal"];
  readonly comment: string;
  readonly updated_at: number;
}

const IS_GONE = "service not in (select name from services)";
/** Operations; of a service that is there `beginOperation` keeps a number of its own. */
const KEPT_OF_GONE = 1000;

/** The part of the registry that is about services. */
export function serviceRows(db: SqliteFile): ServiceMethods {
  return {
    services: async () => db.all<ServiceRow>("select * from services order by name").map(toRecord),
    async service(name) {
      const row = db.first<ServiceRow>("select * from services where name = ?", name);
      return row && toRecord(row);
    },
    saveService: async (definition, at) => db.transaction(() => save(db, definition, at)),
    async updateService(name, change, at) {
      const changed = db.run(
        `update services set active = coalesce(?, active), self_heal = coalesce(?, self_heal), comment = coalesce(?, comment),
         updated_at = ? where name = ?`,
        change.active === undefined ? null : Number(change.active),
        change.selfHeal ?? null,
        change.comment ?? null,
        at.getTime(),
        name,
      );
      if (changed === 0) throw serviceNotFound(name);
    },
    deleteService: async (name) =>
      db.transaction(() => {
        db.run("delete from events where service = ?", name);
        db.run("delete from services where name = ?", name);
        db.run(
          `delete from operations where ${IS_GONE} and state <> 'running' and sequence <= (
             select sequence from operations where ${IS_GONE} order by sequence desc limit 1 offset ?)`,
          KEPT_OF_GONE,
        );
      }),
  };
}

function save(db: SqliteFile, definition: ServiceDefinition, at: Date): { created: boolean; gone: string[] } {
  const { name, node, active, selfHeal, comment } = definition;
  const known = db.all<{ name: string }>("select name from components where service = ?", name).map((row) => row.name);
  const desired = active ? "running" : "stopped";
  const created = db.first("select 1 from services where name = ?", name) === undefined;
  // An upsert and not a replacement, which would take the components along.
  db.run(
    `insert into services (name, node, active, self_heal, comment, updated_at) values (?, ?, ?, ?, ?, ?)
     on conflict (name) do update set node = excluded.node, active = excluded.active, self_heal = excluded.self_heal,
     comment = excluded.comment, updated_at = excluded.updated_at`,
    ...[name, node, Number(active), selfHeal, comment, at.getTime()],
  );
  for (const [position, spec] of definition.components.entries()) {
    if (!known.includes(spec.name)) insertComponent(db, name, spec, { desired, position });
    else updateComponentSpec(db, name, spec, position);
    db.run("update components set desired = ? where service = ? and name = ? and desired = 'ignore'", desired, name, spec.name);
  }
  const wanted = new Set(definition.components.map((component) => component.name));
  const gone = known.filter((component) => !wanted.has(component));
  for (const component of gone) db.run("update components set desired = 'ignore' where service = ? and name = ?", name, component);
  return { created, gone };
}

function toRecord(row: ServiceRow): ServiceRecord {
  return {
    name: row.name,
    node: row.node,
    active: row.active === 1,
    selfHeal: row.self_heal,
    comment: row.comment,
    updatedAt: new Date(row.updated_at),
  };
}
