import type { FoundTask, OwnTask, TaskQuery, TaskView } from "../../api/dispatch-task.ts";

/** What whoever has dispatched calls asks of their tasks; those of others are not there for them. */
export interface TaskReader {
  /** The newest first; neither results nor errors are in it. */
  list(query: TaskQuery): Promise<readonly TaskView[]>;
  find(own: OwnTask): Promise<FoundTask | undefined>;
  /**
   * Takes a task back that waits; one that runs is aborted by its worker, and its server may have done its work all the
   * same. Gives the task as it is then, undefined where there is none; one that has ended stays as it is.
   */
  cancel(own: OwnTask): Promise<FoundTask | undefined>;
}
