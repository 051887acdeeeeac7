import type { Snapshot } from "../../api/server-definition.ts";
import { AppError, type ErrorCode } from "../../core/app-error.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { EndedHere } from "./ended-here.ts";

export interface CallerControlPlaneOptions {
  readonly readProject: () => Promise<Omit<Snapshot, "revision">>;
  readonly ended: EndedHere;
  /** A request is over that is not recorded here. */
  readonly onUnrecorded: () => void;
  /** How often the project is read anew. */
  readonly refreshMs: number;
  /** The caller may not read the project any more, or is nobody any more. */
  readonly onRefused: () => void;
}

/** What no further try changes: mcpd has answered. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(["unauthenticated", "denied", "not_found"]);

/**
 * The control plane of a gateway for one caller and one project. mcpd tells a bare gateway nothing by itself, so that
 * every reading is a new revision.
 *
 * Credentials are not asked about here, and nothing is recorded: mcpd does that for what it carries out.
 */
export function callerControlPlane(options: CallerControlPlaneOptions): ControlPlane {
  const { readProject, ended, refreshMs, onUnrecorded, onRefused } = options;
  let revision = 0;
  return {
    introspect: async () => undefined,
    async snapshot() {
      try {
        return { revision, ...(await readProject()) };
      } catch (thrown) {
        if (thrown instanceof AppError && REFUSALS.has(thrown.code)) onRefused();
        throw thrown;
      }
    },
    watch(listener) {
      const timer = setInterval(() => {
        revision += 1;
        listener({ kind: "connected", revision });
      }, refreshMs);
      timer.unref();
      return () => clearInterval(timer);
    },
    endedSessions: async () => ended.all(),
    endSession: async (idHash, expiresAt) => ended.add(idHash, expiresAt),
    // mcpd keeps tasks for gateways that it knows.
    tasks: undefined,
    audit: onUnrecorded,
  };
}
