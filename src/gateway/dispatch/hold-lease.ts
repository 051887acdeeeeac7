import type { TaskLease } from "../../api/dispatch-task.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";

/** A lease is renewed so often within its time: one renewal may fail. */
const RENEWALS = 3;

/** Keeps a lease until the answer is called. One that cannot be kept is no reason to stop: what was begun cannot be called back. */
export function holdLease(tasks: DispatchTasks, lease: TaskLease, leaseMs: number, onFailure: (error: AppError) => void): () => void {
  const timer = setInterval(() => {
    tasks.renew(lease, leaseMs).catch((thrown: unknown) => onFailure(toAppError(thrown)));
  }, leaseMs / RENEWALS);
  timer.unref();
  return () => clearInterval(timer);
}
