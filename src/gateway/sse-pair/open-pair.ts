import { randomBytes } from "node:crypto";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { Outcome } from "../outcome.ts";
import type { StreamPolicy } from "../policy/gateway-policy.ts";
import { refuse } from "../refusal.ts";
import type { PairRoute } from "../route.ts";
import type { Scope } from "../scope.ts";
import type { SessionTable } from "../session/session-table.ts";
import { PairStream, type PairStreamOptions } from "./pair-stream.ts";
import type { PairStreams } from "./pair-streams.ts";

export interface OpenPairDeps {
  readonly pairs: PairStreams;
  readonly sessions: SessionTable;
  readonly link: ReplicaLink;
  readonly policy: { readonly stream: StreamPolicy };
}

/** Opens a stream of the HTTP+SSE transport; it lasts until its client closes it, or its time is up. */
export function openPair(
  { pairs, sessions, link, policy }: OpenPairDeps,
  route: PairRoute,
  { caller, principalId, project }: Scope,
  takeLinked: PairStreamOptions["takeLinked"],
): Outcome {
  const terms = policy.stream;
  if (!terms.enabled) return refuse("streaming_disabled", "Streams are off here, and this transport has nothing else");
  if (!pairs.hasRoom(principalId)) return refuse("rate_limited", "Too many streams are open already", { "retry-after": "1" });
  const id = `${link.self}.${randomBytes(16).toString("hex")}`;
  const pair = new PairStream({
    id,
    principal: caller.principal,
    principalId,
    project,
    endpoint: `${route.project === undefined ? "" : `/projects/${route.project}`}/messages?session_id=${id}`,
    takeLinked,
    onOpen: (opened) => pairs.add(opened),
    onOver(over) {
      pairs.remove(over);
      if (over.sealed !== undefined) sessions.drop(over.sealed);
    },
  });
  return { kind: "listen", open: (sink) => pair.open(sink), terms };
}
