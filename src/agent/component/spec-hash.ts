import { hash } from "node:crypto";
import { canonicalJson } from "../../mcp/canonical-json.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";

/**
 * SHA-256 in hex of all that a spec says but its name. It is shown to whoever may look, and short secrets can be guessed from
 * a hash: give it a spec that has the paths of secrets and not their values, which `diffOf` compares.
 */
export function specHashOf({ name: _, ...spec }: ContainerSpec): string {
  return hash("sha256", canonicalJson(spec), "hex");
}
