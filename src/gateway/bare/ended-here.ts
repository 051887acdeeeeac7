import type { Clock } from "../../core/clock.ts";

/** Sessions that ended in this process, for all of its callers. */
export interface EndedHere {
  add(idHash: string, expiresAt: Date): void;
  all(): readonly { readonly idHash: string; readonly expiresAt: Date }[];
}

/** In memory: the key that sealed their ids is gone with the process too. */
export function endedHere(clock: Clock): EndedHere {
  const expiries = new Map<string, Date>();
  const prune = () => {
    // The first to be added are the first to expire, or nearly.
    for (const [idHash, expiresAt] of expiries) {
      if (expiresAt > clock.now()) return;
      expiries.delete(idHash);
    }
  };
  return {
    add(idHash, expiresAt) {
      prune();
      expiries.set(idHash, expiresAt);
    },
    all() {
      prune();
      return [...expiries].map(([idHash, expiresAt]) => ({ idHash, expiresAt }));
    },
  };
}
