/** Exits of one component. Times are monotonic, so that a wall clock that jumps neither fires nor hides it. */
export interface Flap {
  /** The last exits, oldest first; one more than the threshold is kept. */
  readonly exits: readonly number[];
  readonly flapping: boolean;
}

export interface FlapPolicy {
  readonly flapWindowMs: number;
  readonly flapThreshold: number;
}

export const CALM: Flap = { exits: [], flapping: false };

/** After another exit: flapping where there are more than the threshold within the window. */
export function afterExit({ exits, flapping }: Flap, now: number, policy: FlapPolicy): Flap {
  const kept = [...exits, now].filter((at) => now - at < policy.flapWindowMs).slice(-(policy.flapThreshold + 1));
  return { exits: kept, flapping: flapping || kept.length > policy.flapThreshold };
}

/** As time passes: a whole window without an exit ends it. */
export function afterQuiet(flap: Flap, now: number, policy: FlapPolicy): Flap {
  if (flap.exits.length === 0) return flap;
  const exits = flap.exits.filter((at) => now - at < policy.flapWindowMs);
  if (exits.length === flap.exits.length) return flap;
  return { exits, flapping: flap.flapping && exits.length > 0 };
}
