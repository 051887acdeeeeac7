import type { ServerHost } from "../server-host.ts";
import type { Peer } from "../upstream/peer.ts";

/** The client of one call, as each server is to see it. */
export interface PeerSource {
  /** Throws `exhausted`/`UPSTREAM_BUSY` where too many of this client are in use. */
  peerFor(host: ServerHost): Peer | Promise<Peer>;
}
