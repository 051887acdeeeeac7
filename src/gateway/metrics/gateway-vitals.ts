import type { ServerState } from "../../api/server-status.ts";

/** How a server stands at this gateway now. */
export interface ServerVitals {
  readonly handle: string;
  readonly state: ServerState;
  /** Why the state is not `ready`, as one of the reasons of `AppError`; undefined where there is none. */
  readonly cause: string | undefined;
  readonly callsInFlight: number;
  /** What is listed is the last known, of a server that cannot be asked now. */
  readonly stale: boolean;
  /** Since its lists were last read; undefined where they never were. */
  readonly catalogAgeMs: number | undefined;
}

/** What a gateway holds now. */
export interface GatewayVitals {
  /** Sessions with something held for them in memory. */
  readonly sessionsHeld: number;
  /** Streams on which clients only listen. */
  readonly streamsOpen: number;
  readonly servers: readonly ServerVitals[];
}

/** The vitals of several gateways of one process; of a server that more than one has connected to there are as many. */
export function sumVitals(all: readonly GatewayVitals[]): GatewayVitals {
  return {
    sessionsHeld: all.reduce((sum, { sessionsHeld }) => sum + sessionsHeld, 0),
    streamsOpen: all.reduce((sum, { streamsOpen }) => sum + streamsOpen, 0),
    servers: all.flatMap(({ servers }) => servers),
  };
}
