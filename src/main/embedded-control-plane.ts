import { systemActor } from "../control/access/system-actor.ts";
import { endMcpSession, listEndedSessions } from "../control/ended-session/end-mcp-session.ts";
import { addressKey } from "../control/identity/address-key.ts";
import type { ControlPlane } from "../gateway/control-plane.ts";
import type { Control } from "./start-control.ts";

type Parts = Pick<Control, "resolve" | "limit" | "snapshot" | "stores" | "tasks" | "clock"> & {
  readonly audit: Pick<Control["audit"], "feed" | "sink">;
};

/** The gateway's `ControlPlane` where mcpd is in the same process. */
export function embeddedControlPlane(control: Parts): ControlPlane {
  const { clock, audit } = control;
  const { ended } = control.stores;
  return {
    introspect: (credential, address) => control.limit.guard(addressKey(address), () => control.resolve(credential)),
    snapshot: control.snapshot,
    watch(listener) {
      let ended = false;
      const stop = audit.feed.subscribe((event) => listener({ kind: "changed", event }));
      // What was changed since the snapshot was read shows in the revision.
      audit.feed.revision().then(
        (revision) => ended || listener({ kind: "connected", revision }),
        () => ended || listener({ kind: "lost" }),
      );
      return () => {
        ended = true;
        stop();
      };
    },
    endedSessions: () => listEndedSessions({ ended, clock }),
    endSession: (idHash, expiresAt) => endMcpSession({ ended, clock }, systemActor(), { idHash, expiresAt }),
    tasks: control.tasks,
    audit: (draft) => audit.sink.record(draft),
  };
}
