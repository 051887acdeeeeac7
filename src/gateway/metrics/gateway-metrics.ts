import type { TaskState } from "../../api/dispatch-task.ts";
import type { FinishedRequest } from "../audit/finished-request.ts";

/**
 * What happens in a gateway, for who counts it. Every method is called on the way of a request: it never throws, never
 * waits and costs well under a microsecond. What a gateway holds is read when it is asked for (`GatewayVitals`).
 */
export interface GatewayMetrics {
  requestFinished(request: FinishedRequest): void;
  /** A limiter could not decide, as where its store is away. Which one is a word of ours, such as `calls`. */
  limiterFailed(limiter: string): void;
  /** The process of a server was started again after it had ended. */
  childRestarted(server: string): void;
  /** A stream was ended because its reader left too much unread. */
  streamCut(): void;
  /** A dispatched call has ended, so long after it was accepted. */
  taskEnded(state: TaskState, latencyMs: number): void;
}

/** Where nobody counts. */
export const NO_METRICS: GatewayMetrics = {
  requestFinished: () => {},
  limiterFailed: () => {},
  childRestarted: () => {},
  streamCut: () => {},
  taskEnded: () => {},
};
