import type { Snapshot } from "../../api/server-definition.ts";

/** The snapshot for gateways apart from an mcpd that lets no server over stdio run: those are as good as switched off. */
export function withoutStdio(snapshot: Snapshot): Snapshot {
  const servers = snapshot.servers.map((server) => (server.backing.kind === "stdio" ? { ...server, enabled: false } : server));
  return { ...snapshot, servers };
}
