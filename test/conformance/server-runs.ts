import type { FixtureEra } from "./fixture/start-fixture.ts";
import type { Revision } from "./suite/revision.ts";

/** One run of the suite through the gateway. */
export interface ServerRun {
  /** Its list of expected differences is `expected/NAME.json`. */
  readonly name: string;
  /** Which clients the fixture behind the gateway serves by itself. */
  readonly upstream: FixtureEra;
  /** What the suite's client speaks. */
  readonly revision: Revision;
}

/** Client and server of one era: through the gateway everything is as it is without it. */
export const SAME_ERA: readonly ServerRun[] = [
  { name: "2025-client-to-dual-server", upstream: "dual", revision: "2025-11-25" },
  { name: "2025-client-to-2025-server", upstream: "legacy", revision: "2025-11-25" },
  { name: "2026-client-to-dual-server", upstream: "dual", revision: "2026-07-28" },
  { name: "2026-client-to-2026-server", upstream: "modern", revision: "2026-07-28" },
];

/** The gateway translates: it is held to what a server that speaks the client's era does. */
export const CROSS_ERA: readonly ServerRun[] = [
  { name: "2025-client-to-2026-server", upstream: "modern", revision: "2025-11-25" },
  { name: "2026-client-to-2025-server", upstream: "legacy", revision: "2026-07-28" },
];
