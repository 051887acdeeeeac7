import type { Revision } from "./suite/revision.ts";

/** One run of the client suite with the gateway as the client. */
export interface ClientRun {
  /** Its list of what is not as required is `expected/NAME.json`. */
  readonly name: string;
  /** What the suite's servers require, and speak. */
  readonly revision: Revision;
  /** What the client in front of the gateway speaks. */
  readonly spoken: Revision;
}

export const CLIENT_RUNS: readonly ClientRun[] = [
  { name: "client-suite-2025", revision: "2025-11-25", spoken: "2025-11-25" },
  { name: "client-suite-2026", revision: "2026-07-28", spoken: "2026-07-28" },
  { name: "client-suite-2026-for-2025-client", revision: "2026-07-28", spoken: "2025-11-25" },
];
