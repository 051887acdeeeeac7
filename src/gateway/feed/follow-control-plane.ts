import type { Snapshot } from "../../api/server-definition.ts";
import type { AppError } from "../../core/app-error.ts";
import type { BackoffPolicy } from "../../core/backoff.ts";
import type { ControlEvent, ControlPlane } from "../control-plane.ts";
import { type EndedSession, planReaction } from "./plan-reaction.ts";
import { RepeatedReading } from "./repeated-reading.ts";

export interface FollowOptions {
  readonly control: Pick<ControlPlane, "watch" | "snapshot" | "endedSessions">;
  /** The revision of the snapshot that is served already. */
  readonly revision: number;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onEnded: (ended: readonly EndedSession[]) => void;
  /** Answers for credentials do not hold any more: all of them, or those with these hashes. */
  readonly onForget: (hashes: "all" | readonly string[]) => void;
  /** Something is different about the tokens with these hashes. */
  readonly onTokensChanged: (hashes: readonly string[]) => void;
  readonly onFailure: (error: AppError) => void;
  /** Changes that come within this time are read together, in ms. */
  readonly gatherMs: number;
  readonly retry: BackoffPolicy;
}

/** Keeps what the gateway knows in step with the control plane, from now until it is closed. */
export function followControlPlane(options: FollowOptions): { close(): void } {
  const { control, onSnapshot, onEnded, onForget, onTokensChanged, onFailure, gatherMs, retry } = options;
  const snapshot = new RepeatedReading({ read: async () => onSnapshot(await control.snapshot()), gatherMs, retry, onFailure });
  const ended = new RepeatedReading({ read: async () => onEnded(await control.endedSessions()), gatherMs, retry, onFailure });
  let seen = options.revision;
  const stop = control.watch((event: ControlEvent) => {
    const reaction = planReaction(seen, event);
    seen = reaction.revision;
    if (reaction.forget === "all" || reaction.forget.length > 0) onForget(reaction.forget);
    if (reaction.tokens.length > 0) onTokensChanged(reaction.tokens);
    if (reaction.ended === "read") ended.request();
    else if (reaction.ended.length > 0) onEnded(reaction.ended);
    if (reaction.readSnapshot) snapshot.request();
  });
  return {
    close() {
      stop();
      snapshot.close();
      ended.close();
    },
  };
}
