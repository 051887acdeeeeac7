import type { Grant } from "../../api/grant.ts";
import type { Backing, Snapshot } from "../../api/server-definition.ts";
import { hashToken, timingSafeEqualHex } from "../../core/mcp-token.ts";
import type { ControlPlane } from "../control-plane.ts";
import { unchangingControlPlane } from "./unchanging-control-plane.ts";

/** What the one server of a bridge and its project are called; nobody outside sees it. */
const NAME = "bridge";

/** Its route at the gateway: the one with a server's own tool names and with streams. */
export const SOLO_PATH = `/api/v1/projects/${NAME}/servers/${NAME}/mcp`;

export interface SoloControlPlaneOptions {
  /** The only credential that there is. */
  readonly credential: string;
  readonly backing: Backing;
  /** For what reaches the server whatever it declares: who calls here decides for itself. */
  readonly writeTools: boolean;
}

/** The control plane of a gateway with one server and one caller, which never changes: nothing is kept of what it does. */
export function soloControlPlane({ credential, backing, writeTools }: SoloControlPlaneOptions): ControlPlane {
  const snapshot: Snapshot = {
    revision: 1,
    projects: [{ id: "prj_bridge", name: NAME, servers: [NAME], prompts: [] }],
    servers: [{ id: "srv_bridge", handle: NAME, backing, enabled: true, rateLimit: 0, writeTools, policy: {} }],
    secrets: {},
  };
  const known = hashToken(credential);
  return unchangingControlPlane(async (presented) => (timingSafeEqualHex(hashToken(presented), known) ? GRANT : undefined), snapshot);
}

const GRANT: Grant = {
  principal: { kind: "system", id: NAME },
  bindings: (["view", "run"] as const).map((role) => ({ binding: { role, resource: "*" }, source: NAME })),
  scopes: ["mcp:read", "mcp:call", "mcp:admin"],
};
