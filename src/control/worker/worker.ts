/** A worker as the database has it; what carries dispatched calls out goes by one such row, in however many processes it runs. */
export interface WorkerRow {
  readonly name: string;
  /** What it is made of. */
  readonly className: string;
  readonly description: string;
  /** The version that has registered it last. */
  readonly build: string;
  /** Switched off, it takes nothing; only people change that. */
  readonly active: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When one that runs said so last. */
  readonly seenAt: Date | undefined;
}

/** What a build says of its worker. */
export type WorkerDefinition = Pick<WorkerRow, "name" | "className" | "description" | "build">;

export const DISPATCH_WORKER = "emcp_dispatch";

export function dispatchWorker(build: string): WorkerDefinition {
  const description = "Carries out MCP calls that were dispatched, once each";
  return { name: DISPATCH_WORKER, className: "mcpctl/control/worker/TaskWorker", description, build };
}

/** What became of a worker when the build's workers were compared with those of the database. */
export type SyncedWorker = {
  readonly name: string;
  readonly active: boolean;
  /** `skipped`: it is none of this build's. */
  readonly result: "created" | "updated" | "ok" | "skipped";
};

/** Whether the row says what the build says; whether it is switched on is not compared. */
export function isUpToDate(row: WorkerRow, { className, description, build }: WorkerDefinition): boolean {
  return row.className === className && row.description === description && row.build === build;
}
