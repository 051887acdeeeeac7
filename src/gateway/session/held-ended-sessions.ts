import type { Clock } from "../../core/clock.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { EndedSessions } from "./session-table.ts";

/** The sessions that ended before their time, kept at hand so that looking one up costs no question. */
export interface HeldEndedSessions extends EndedSessions {
  /** Sessions that ended elsewhere. */
  take(ended: readonly { readonly idHash: string; readonly expiresAt: Date }[]): void;
  /** Forgets those whose ids could not be used any more. */
  prune(): void;
}

/** Throws what the control plane throws. */
export async function holdEndedSessions(
  control: Pick<ControlPlane, "endedSessions" | "endSession">,
  clock: Clock,
): Promise<HeldEndedSessions> {
  const expiries = new Map<string, Date>();
  const take: HeldEndedSessions["take"] = (ended) => {
    for (const { idHash, expiresAt } of ended) expiries.set(idHash, expiresAt);
  };
  take(await control.endedSessions());
  return {
    take,
    async add(idHash, expiresAt) {
      expiries.set(idHash, expiresAt);
      await control.endSession(idHash, expiresAt);
    },
    has: (idHash) => expiries.has(idHash),
    prune() {
      for (const [idHash, expiresAt] of expiries) if (expiresAt <= clock.now()) expiries.delete(idHash);
    },
  };
}
