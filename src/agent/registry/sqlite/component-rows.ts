import type { SqliteFile, SqlValue } from "../../../store/sqlite/sqlite-file.ts";
import { componentNotFound, serviceNotFound } from "../not-found.ts";
import type { ComponentRecord, Observation, Registry } from "../registry.ts";
import { insertComponent, updateComponentSpec } from "./component-spec-rows.ts";
import { toTime } from "./stored-time.ts";

type ComponentMethods = Pick<
  Registry,
  "components" | "component" | "createComponent" | "updateSpec" | "setDesired" | "observe" | "setHealth" | "setRestarts" | "deleteComponent"
>;

interface ComponentRow {
  readonly service: string;
  readonly name: string;
  readonly spec: string;
  readonly desired: ComponentRecord["desired"];
  readonly observed: ComponentRecord["observed"];
  readonly observed_at: number | null;
  readonly container_id: string | null;
  readonly image_digest: string | null;
  readonly version: string;
  readonly started_at: number | null;
  readonly exit_code: number | null;
  readonly oom_killed: number;
  readonly health: ComponentRecord["health"];
  readonly reason: string;
  readonly deployment: number;
  readonly restarts: number;
  readonly flapping: number;
}

/** The part of the registry that is about components. */
export function componentRows(db: SqliteFile): ComponentMethods {
  const set = (service: string, component: string, columns: string, ...values: readonly SqlValue[]) => {
    const changed = db.run(`update components set ${columns} where service = ? and name = ?`, ...values, service, component);
    if (changed === 0) throw componentNotFound(service, component);
  };
  return {
    components: async (query = {}) =>
      db
        .all<ComponentRow>(
          `select * from components where (?1 is null or service = ?1) and (?2 is null or desired = ?2)
           order by service, position, name`,
          query.service ?? null,
          query.desired ?? null,
        )
        .map(toRecord),
    async component(service, name) {
      const row = db.first<ComponentRow>("select * from components where service = ? and name = ?", service, name);
      return row && toRecord(row);
    },
    createComponent: async (service, spec, desired) =>
      db.transaction(() => {
        if (db.first("select 1 from services where name = ?", service) === undefined) throw serviceNotFound(service);
        const { position = 0 } =
          db.first<{ position: number }>("select count(*) as position from components where service = ?", service) ?? {};
        insertComponent(db, service, spec, { desired, position });
      }),
    updateSpec: async (service, spec) =>
      db.transaction(() => {
        if (!updateComponentSpec(db, service, spec)) throw componentNotFound(service, spec.name);
      }),
    setDesired: async (service, component, desired) => set(service, component, "desired = ?", desired),
    observe: async (seen) =>
      db.relaxed(() => {
        for (const each of seen) observe(db, each);
      }),
    setHealth: async (service, component, health, reason) =>
      db.relaxed(() => set(service, component, "health = ?, reason = ?", health, reason)),
    setRestarts: async (service, component, restarts, flapping) =>
      set(service, component, "restarts = ?, flapping = ?", restarts, Number(flapping)),
    async deleteComponent(service, component) {
      db.run("delete from components where service = ? and name = ?", service, component);
    },
  };
}

function observe(db: SqliteFile, seen: Observation & { readonly service: string; readonly component: string }): void {
  const key = [seen.service, seen.component];
  if (seen.observed === "unknown") {
    db.run("update components set observed = 'unknown', observed_at = ? where service = ? and name = ?", seen.at.getTime(), ...key);
    return;
  }
  db.run(
    `update components set observed = ?, observed_at = ?, container_id = ?, image_digest = ?, version = ?, started_at = ?,
     exit_code = ?, oom_killed = ? where service = ? and name = ?`,
    seen.observed,
    seen.at.getTime(),
    seen.containerId ?? null,
    seen.imageDigest ?? null,
    seen.version ?? "",
    seen.startedAt?.getTime() ?? null,
    seen.exitCode ?? null,
    Number(seen.oomKilled ?? false),
    ...key,
  );
}

function toRecord(row: ComponentRow): ComponentRecord {
  return {
    service: row.service,
    name: row.name,
    spec: JSON.parse(row.spec),
    desired: row.desired,
    observed: row.observed,
    observedAt: toTime(row.observed_at),
    containerId: row.container_id ?? undefined,
    imageDigest: row.image_digest ?? undefined,
    version: row.version,
    startedAt: toTime(row.started_at),
    exitCode: row.exit_code ?? undefined,
    oomKilled: row.oom_killed === 1,
    health: row.health,
    reason: row.reason,
    deployment: row.deployment,
    restarts: row.restarts,
    flapping: row.flapping === 1,
  };
}
