import type { TaskOutcome, TaskProgress } from "../../api/dispatch-task.ts";
import type { Grant } from "../../api/grant.ts";

/** A call as it is to be carried out, by whoever may do so now. */
export interface CallToMake {
  readonly taskId: string;
  readonly traceId: string;
  /** `server:<id>` or `project:<id>`: another server under the same handle is not the one that was meant. */
  readonly target: string;
  readonly method: string;
  /** JSON text; null where there are no params. */
  readonly params: string | null;
  readonly project: string | null;
  readonly server: string | null;
  /** What the credential opens now. */
  readonly grant: Grant;
}

/** A call that may be made, and has not been. */
export interface PreparedCall {
  readonly kind: "prepared";
  /** Making it twice does no harm. */
  readonly repeatable: boolean;
  /** Makes it. Never rejects; an aborted one ends soon. */
  carryOut(options: CarryOutOptions): Promise<CallEnd>;
}

export interface CarryOutOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TaskProgress) => void;
  /** Keeps a result that is too large for its task; where, or undefined where it could not. Never rejects. */
  readonly keepResult: (text: string) => Promise<string | undefined>;
}

/** How a call ended. */
export type CallEnd =
  /** Its server, or this installation, has said the last word. */
  | { readonly kind: "ended"; readonly outcome: TaskOutcome }
  /** Nothing of it was carried out, and another time it may be. */
  | { readonly kind: "not made"; readonly outcome: TaskOutcome; readonly retryAfterMs: number | undefined }
  /** It was sent, and how it ended its server did not say. */
  | { readonly kind: "in doubt"; readonly outcome: TaskOutcome };

/** What a worker makes calls by: the gateway beside it. */
export interface TaskCalls {
  /** Judges the call as any other; an outcome says why it is not made. Throws nothing that another try would mend. */
  prepare(call: CallToMake): PreparedCall | CallEnd;
}
