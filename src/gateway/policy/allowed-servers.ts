import type { Snapshot } from "../../api/server-definition.ts";
import { matchesAnyGlob } from "../../core/glob.ts";

/** The snapshot as this gateway serves it: what its configuration does not name is as good as switched off, so that nothing of it is started. */
export function servedOf(snapshot: Snapshot, allowServers: readonly string[]): Snapshot {
  const isServed = ({ handle }: { readonly handle: string }) => matchesAnyGlob(allowServers, handle);
  if (snapshot.servers.every(isServed)) return snapshot;
  return { ...snapshot, servers: snapshot.servers.map((server) => (isServed(server) ? server : { ...server, enabled: false })) };
}
