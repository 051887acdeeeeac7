import type { Snapshot } from "../../api/server-definition.ts";
import type { ControlPlane } from "../control-plane.ts";

/** A control plane that serves the same for good, and keeps nothing: no ended sessions, no audit, no tasks. */
export function unchangingControlPlane(introspect: ControlPlane["introspect"], snapshot: Snapshot): ControlPlane {
  return {
    introspect,
    snapshot: async () => snapshot,
    watch(listener) {
      queueMicrotask(() => listener({ kind: "connected", revision: snapshot.revision }));
      return () => {};
    },
    endedSessions: async () => [],
    endSession: async () => {},
    tasks: undefined,
    audit: () => {},
  };
}
