import { AppError } from "../../../core/app-error.ts";
import { type ComponentDefinition, containerNameOf } from "../../../service-definition/service-definition.ts";
import type { SqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import { isUniqueViolation } from "../../../store/unique-violation.ts";
import type { DesiredState } from "../registry.ts";

/**
 * A component's spec as rows: whole as JSON, and its ports, volumes and command in tables of their own for whoever asks by
 * them. To be called within a transaction.
 */
export function insertComponent(
  db: SqliteFile,
  service: string,
  spec: ComponentDefinition,
  wish: { readonly desired: DesiredState; readonly position: number },
): void {
  const containerName = containerNameOf(service, spec.name);
  try {
    db.run(
      "insert into components (service, name, position, container_name, spec, desired) values (?, ?, ?, ?, ?, ?)",
      ...[service, spec.name, wish.position, containerName, JSON.stringify(spec), wish.desired],
    );
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
    throw takenBy(db, service, spec.name, containerName, thrown);
  }
  insertDetails(db, service, spec);
}

/** Resolves to whether there is such a component. */
export function updateComponentSpec(db: SqliteFile, service: string, spec: ComponentDefinition, position?: number): boolean {
  const changed = db.run(
    "update components set spec = ?, position = coalesce(?, position) where service = ? and name = ?",
    ...[JSON.stringify(spec), position ?? null, service, spec.name],
  );
  if (changed === 0) return false;
  for (const table of ["component_ports", "component_volumes", "component_cmd"]) {
    db.run(`delete from ${table} where service = ? and component = ?`, service, spec.name);
  }
  insertDetails(db, service, spec);
  return true;
}

function insertDetails(db: SqliteFile, service: string, spec: ComponentDefinition): void {
  for (const [position, port] of spec.ports.entries()) {
    db.run(
      "insert into component_ports values (?, ?, ?, ?, ?, ?, ?)",
      ...[service, spec.name, position, port.hostAddress ?? null, port.hostPort ?? null, port.containerPort, port.protocol],
    );
  }
  for (const [position, volume] of spec.volumes.entries()) {
    db.run(
      "insert into component_volumes values (?, ?, ?, ?, ?, ?)",
      ...[service, spec.name, position, volume.source, volume.target, Number(volume.readOnly)],
    );
  }
  for (const [position, argument] of spec.cmd.entries()) {
    db.run("insert into component_cmd values (?, ?, ?, ?)", service, spec.name, position, argument);
  }
}

function takenBy(db: SqliteFile, service: string, component: string, containerName: string, cause: unknown): AppError {
  const owner = db.first<{ service: string; name: string }>("select service, name from components where container_name = ?", containerName);
  if (owner === undefined || (owner.service === service && owner.name === component)) {
    return new AppError("conflict", "COMPONENT_EXISTS", `The service ${service} has a component ${component} already`, { cause });
  }
  const message = `${service}/${component} would be the container ${containerName}, which is that of ${owner.service}/${owner.name}`;
  return new AppError("conflict", "COMPONENT_NAME_CLASH", message, { cause, hint: "give one of the two another name" });
}
