import type { Revision } from "../suite/revision.ts";

/** One scenario of the client suite, as the suite tells it to the command it starts. */
export interface Scenario {
  readonly name: string;
  /** The server that judges who calls it. */
  readonly url: string;
  readonly revision: Revision;
  readonly context: { readonly toolCalls?: readonly ToolCall[] };
}

export interface ToolCall {
  readonly name: string;
  readonly arguments?: Record<string, unknown>;
}
