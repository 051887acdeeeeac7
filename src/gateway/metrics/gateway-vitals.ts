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
  /** Streams on which clients only listen: of sessions, and of changes that modern clients hear of. */
  readonly streamsOpen: { readonly legacy: number; readonly modern: number };
  /** Calls of modern clients that have asked their client something and are not over. */
  readonly callsParked: number;
  readonly servers: readonly ServerVitals[];
}

/** Of a gateway that is not there yet. */
export const NO_VITALS: GatewayVitals = { sessionsHeld: 0, streamsOpen: { legacy: 0, modern: 0 }, callsParked: 0, servers: [] };

/** The vitals of several gateways of one process; of a server that more than one has connected to there are as many. */
export function sumVitals(all: readonly GatewayVitals[]): GatewayVitals {
  const sum = (valueIn: (vitals: GatewayVitals) => number) => all.reduce((total, vitals) => total + valueIn(vitals), 0);
  return {
    sessionsHeld: sum(({ sessionsHeld }) => sessionsHeld),
    streamsOpen: { legacy: sum(({ streamsOpen }) => streamsOpen.legacy), modern: sum(({ streamsOpen }) => streamsOpen.modern) },
    callsParked: sum(({ callsParked }) => callsParked),
    servers: all.flatMap(({ servers }) => servers),
  };
}
