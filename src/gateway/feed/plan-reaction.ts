import type { FeedEvent, FeedKind } from "../../api/feed-event.ts";
import type { ControlEvent } from "../control-plane.ts";

/** What has to be done about something that the control plane said. */
export interface Reaction {
  /** The revision last seen from now on. */
  readonly revision: number;
  /** Answers for credentials to forget: all, or those with these hashes. */
  readonly forget: "all" | readonly string[];
  /** Hashes of the tokens that changed. */
  readonly tokens: readonly string[];
  /** What is served has to be read anew. */
  readonly readSnapshot: boolean;
  /** Sessions that ended: those that are named, or all are to be read anew. */
  readonly ended: "read" | readonly EndedSession[];
}

export interface EndedSession {
  readonly idHash: string;
  readonly expiresAt: Date;
}

/** Kinds that say nothing of what is served, but of who may use it. */
const GRANT_KINDS: ReadonlySet<FeedKind> = new Set(["rbac", "users", "groups", "sessions", "jwts", "projects", "gateways"]);
const SNAPSHOT_KINDS: ReadonlySet<FeedKind> = new Set(["servers", "projects", "prompts", "secrets", "nodes"]);

/**
 * Revisions have no gaps: one that does not follow the last one seen means that something was missed, and that all
 * that is known may be wrong. While the stream is lost what is known serves on, each for its own time.
 */
export function planReaction(seen: number, event: ControlEvent): Reaction {
  switch (event.kind) {
    case "lost":
      return nothing(seen);
    case "connected":
      return event.revision === seen ? nothing(seen) : everything(event.revision);
    case "changed":
      return event.event.revision === seen + 1 ? change(event.event) : everything(event.event.revision);
  }
}

function nothing(revision: number): Reaction {
  return { revision, forget: [], tokens: [], readSnapshot: false, ended: [] };
}

function everything(revision: number): Reaction {
  return { revision, forget: "all", tokens: [], readSnapshot: true, ended: "read" };
}

function change({ revision, touched }: FeedEvent): Reaction {
  const tokens = touched.filter(({ kind }) => kind === "mcptokens").map(({ ref }) => ref);
  return {
    revision,
    forget: touched.some(({ kind }) => GRANT_KINDS.has(kind)) ? "all" : tokens,
    tokens,
    readSnapshot: touched.some(({ kind }) => SNAPSHOT_KINDS.has(kind)),
    ended: endedOf(touched),
  };
}

/** `ref` is `<id hash> <expires at>`; where one cannot be read, all of them are. */
function endedOf(touched: FeedEvent["touched"]): Reaction["ended"] {
  const ended = touched
    .filter(({ kind }) => kind === "ended_sessions")
    .map(({ ref }) => {
      const [idHash = "", at = ""] = ref.split(" ");
      return { idHash, expiresAt: new Date(at) };
    });
  return ended.some(({ expiresAt }) => Number.isNaN(expiresAt.getTime())) ? "read" : ended;
}
