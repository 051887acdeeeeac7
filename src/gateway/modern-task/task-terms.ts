import type { DispatchTasks } from "../dispatch/dispatch-tasks.ts";
import type { GatewayPolicy } from "../policy/gateway-policy.ts";
import type { TaskTerms } from "./call-task.ts";

export interface TaskTermsDeps {
  readonly policy: Pick<GatewayPolicy, "dispatch" | "queue">;
  readonly dispatch: { readonly tasks: DispatchTasks | undefined };
}

/** Undefined where no call becomes a task: it is not wanted, or nobody keeps any. */
export function taskTermsOf({ policy, dispatch }: TaskTermsDeps): TaskTerms | undefined {
  const {
    dispatch: { autoAfterSeconds },
    queue,
  } = policy;
  if (autoAfterSeconds === 0 || dispatch.tasks === undefined) return undefined;
  return { afterMs: autoAfterSeconds * 1000, leaseMs: queue.leaseSeconds * 1000, maxResultBytes: queue.maxResultBytes };
}
