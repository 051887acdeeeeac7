import type { AuditDraft } from "../api/audit-event.ts";
import type { FeedEvent } from "../api/feed-event.ts";
import type { Grant } from "../api/grant.ts";
import type { Snapshot } from "../api/server-definition.ts";
import type { DispatchTasks } from "./dispatch/dispatch-tasks.ts";

/** What the gateway hears of changes. */
export type ControlEvent =
  /** The stream is up, and this is the revision now: what was known from an earlier one holds only if it is the same. */
  | { readonly kind: "connected"; readonly revision: number }
  | { readonly kind: "changed"; readonly event: FeedEvent }
  /** The stream is down; it is tried again until the watch ends. */
  | { readonly kind: "lost" };

/** What the gateway asks of mcpd: in this process under `up`, elsewhere over the wire. */
export interface ControlPlane {
  /**
   * What a raw credential opens; undefined for one that opens nothing. Throws where it cannot be asked, `exhausted` where
   * too many bad ones came from this address of a client.
   */
  introspect(credential: string, address?: string): Promise<Grant | undefined>;
  snapshot(): Promise<Snapshot>;
  /** Tells of every change from now on, in order. The answer ends it. */
  watch(listener: (event: ControlEvent) => void): () => void;
  /** Sessions that ended before their time. */
  endedSessions(): Promise<readonly { readonly idHash: string; readonly expiresAt: Date }[]>;
  /** Durable when it resolves; every other gateway hears of it by its watch. */
  endSession(idHash: string, expiresAt: Date): Promise<void>;
  /** Of dispatched calls; undefined where there is nobody to keep them, so that none can be dispatched. */
  readonly tasks: DispatchTasks | undefined;
  /** Never throws and never waits. */
  audit(draft: AuditDraft): void;
}
