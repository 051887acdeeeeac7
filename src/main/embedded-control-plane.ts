import type { Kysely } from "kysely";
import { sqlEndedSessionStore } from "../control/ended-session/sql-ended-session-store.ts";
import { sqlProjectStore } from "../control/project/sql-project-store.ts";
import { sqlServerStore } from "../control/server/sql-server-store.ts";
import { isLive } from "../control/token/mcp-token.ts";
import { sqlMcpTokenStore } from "../control/token/sql-mcp-token-store.ts";
import type { Clock } from "../core/clock.ts";
import { timingSafeEqualHex } from "../core/mcp-token.ts";
import type { ControlPlane } from "../gateway/control-plane.ts";
import type { Schema } from "../store/schema.ts";

/** The gateway's `ControlPlane` where mcpd is in the same process. */
export function embeddedControlPlane(db: Kysely<Schema>, clock: Clock, operatorKeyHash: string): ControlPlane {
  const tokens = sqlMcpTokenStore(db);
  const projects = sqlProjectStore(db);
  const servers = sqlServerStore(db);
  const ended = sqlEndedSessionStore(db);
  return {
    async introspect(credentialHash) {
      if (timingSafeEqualHex(credentialHash, operatorKeyHash)) {
        return { principal: { kind: "system", id: "system" }, expiresAt: undefined };
      }
      const found = await tokens.byHash(credentialHash);
      if (found === undefined || !isLive(found.token, clock.now())) return undefined;
      const { id, name, expiresAt } = found.token;
      return { principal: { kind: "token", id, name, project: found.projectName }, expiresAt };
    },
    snapshot: async () => ({ projects: await projects.definitions(), servers: await servers.all() }),
    endedSessions: async () => {
      await ended.prune(clock.now());
      return ended.live(clock.now());
    },
    endSession: (idHash, expiresAt) => ended.add(idHash, expiresAt),
  };
}
