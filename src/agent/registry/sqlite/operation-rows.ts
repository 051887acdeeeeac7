import { AppError } from "../../../core/app-error.ts";
import type { SqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import type { OperationRecord, Registry, StepRecord } from "../registry.ts";
import { toTime } from "./stored-time.ts";

type OperationMethods = Pick<
  Registry,
  "beginOperation" | "beginStep" | "endStep" | "endOperation" | "operation" | "operationOfRequest" | "steps" | "operations"
>;

interface OperationRow {
  readonly id: string;
  readonly kind: OperationRecord["kind"];
  readonly service: string;
  readonly component: string;
  readonly state: OperationRecord["state"];
  readonly request_id: string | null;
  readonly caller: string;
  readonly input: string;
  readonly results: string;
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly error: string;
}

interface StepRow {
  readonly operation_id: string;
  readonly number: number;
  readonly component: string;
  readonly name: string;
  readonly state: StepRecord["state"];
  readonly data: string;
  readonly detail: string;
  readonly started_at: number;
  readonly finished_at: number | null;
}

/** Of each service; older ones go when another begins. */
const KEPT_OPERATIONS = 100;

/** The part of the registry that is about operations. The row in `leases` is what makes a second one on a service fail. */
export function operationRows(db: SqliteFile): OperationMethods {
  return {
    beginOperation: async (operation) => db.transaction(() => begin(db, operation)),
    beginStep: async (step) =>
      db.transaction(() => {
        const last = db.first<{ number: number | null }>(
          "select max(number) as number from steps where operation_id = ?",
          step.operationId,
        );
        const number = (last?.number ?? 0) + 1;
        db.run(
          `insert into steps (operation_id, number, component, name, state, data, started_at) values (?, ?, ?, ?, 'running', ?, ?)`,
          ...[step.operationId, number, step.component, step.name, step.data, step.startedAt.getTime()],
        );
        return number;
      }),
    async endStep(operationId, number, end) {
      db.run(
        `update steps set state = ?, finished_at = ?, detail = coalesce(?, detail), data = coalesce(?, data)
         where operation_id = ? and number = ?`,
        ...[end.state, end.at.getTime(), end.detail ?? null, end.data ?? null, operationId, number],
      );
    },
    endOperation: async (id, end) =>
      db.transaction(() => {
        db.run(
          "update operations set state = ?, results = ?, error = ?, finished_at = ? where id = ? and state = 'running'",
          ...[end.state, end.results, end.error, end.at.getTime(), id],
        );
        db.run("delete from leases where operation_id = ?", id);
      }),
    async operation(id) {
      const row = db.first<OperationRow>("select * from operations where id = ?", id);
      return row && toOperation(row);
    },
    operationOfRequest: async (requestId) => ofRequest(db, requestId),
    steps: async (operationId) => db.all<StepRow>("select * from steps where operation_id = ? order by number", operationId).map(toStep),
    operations: async ({ service, running, limit }) =>
      db
        .all<OperationRow>(
          `select * from operations where (?1 is null or service = ?1) and (?2 is null or (state = 'running') = ?2)
           order by sequence desc limit ?3`,
          ...[service ?? null, running === undefined ? null : Number(running), limit],
        )
        .map(toOperation),
  };
}

function begin(db: SqliteFile, operation: Parameters<Registry["beginOperation"]>[0]) {
  const { id, kind, service, component, requestId, caller, input, startedAt } = operation;
  const known = ofRequest(db, requestId);
  if (known !== undefined) return { operation: known, isNew: false };
  const holder = db.first<OperationRow>(
    "select operations.* from leases join operations on operations.id = leases.operation_id where leases.service = ?",
    service,
  );
  if (holder !== undefined) throw busy(toOperation(holder));
  db.run(
    `delete from operations where service = ?1 and sequence <= (
       select sequence from operations where service = ?1 order by sequence desc limit 1 offset ?2)`,
    ...[service, KEPT_OPERATIONS - 1],
  );
  db.run(
    `insert into operations (id, kind, service, component, state, request_id, caller, input, started_at)
     values (?, ?, ?, ?, 'running', ?, ?, ?, ?)`,
    ...[id, kind, service, component, requestId || null, caller, input, startedAt.getTime()],
  );
  db.run("insert into leases (service, operation_id) values (?, ?)", service, id);
  const begun: OperationRecord = { ...operation, state: "running", results: "", finishedAt: undefined, error: "" };
  return { operation: begun, isNew: true };
}

function ofRequest(db: SqliteFile, requestId: string): OperationRecord | undefined {
  // An empty one is stored as null, which is equal to nothing.
  const row = db.first<OperationRow>("select * from operations where request_id = ?", requestId);
  return row && toOperation(row);
}

function busy({ service, kind, caller, startedAt, id }: OperationRecord): AppError {
  const what = kind === "adopt" ? "an adoption" : `a ${kind}`;
  const message = `${caller} holds the service ${service} with ${what} since ${startedAt.toISOString()}`;
  return new AppError("conflict", "SERVICE_BUSY", message, { hint: `wait for it: mcpctl ops ${id}`, retryAfterSeconds: 1 });
}

function toOperation(row: OperationRow): OperationRecord {
  return {
    id: row.id,
    kind: row.kind,
    service: row.service,
    component: row.component,
    state: row.state,
    requestId: row.request_id ?? "",
    caller: row.caller,
    input: row.input,
    results: row.results,
    startedAt: new Date(row.started_at),
    finishedAt: toTime(row.finished_at),
    error: row.error,
  };
}

function toStep(row: StepRow): StepRecord {
  return {
    operationId: row.operation_id,
    number: row.number,
    component: row.component,
    name: row.name,
    state: row.state,
    data: row.data,
    detail: row.detail,
    startedAt: new Date(row.started_at),
    finishedAt: toTime(row.finished_at),
  };
}
