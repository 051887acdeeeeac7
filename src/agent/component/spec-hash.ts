import { hash } from "node:crypto";
import { canonicalJson } from "../../mcp/canonical-json.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";

/** SHA-256 in hex of all that a spec says but its name: two containers with one hash were made alike, secrets included. */
export function specHashOf({ name: _, ...spec }: ContainerSpec): string {
  return hash("sha256", canonicalJson(spec), "hex");
}
