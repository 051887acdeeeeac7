import type { Snapshot } from "../../api/server-definition.ts";
import type { ControlPlane } from "../control-plane.ts";
import { unchangingControlPlane } from "./unchanging-control-plane.ts";

/** The one project of a gateway without mcpd. */
export const ALONE_PROJECT = "default";

/**
 * The control plane of a gateway that has nobody to ask: one project with the built-in servers, which never changes.
 * Their tools that write are not offered, as what one caller writes would show to the next.
 */
export function aloneControlPlane(introspect: ControlPlane["introspect"], builtins: readonly string[]): ControlPlane {
  const snapshot: Snapshot = {
    revision: 1,
    projects: [{ id: "prj_default", name: ALONE_PROJECT, servers: [...builtins], prompts: [] }],
    servers: builtins.map((name) => ({
      id: `srv_${name}`,
      handle: name,
      backing: { kind: "builtin", name },
      enabled: true,
      rateLimit: null,
      writeTools: false,
      policy: {},
    })),
    secrets: {},
  };
  return unchangingControlPlane(introspect, snapshot);
}
