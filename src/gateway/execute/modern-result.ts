import { VERSION } from "../../core/version.ts";
import { META } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import type { View } from "../catalog/view.ts";

/**
 * How long a client may keep what the gateway itself says, in ms. What changes meanwhile is told on streams of changes; a
 * tool that is gone or denied by then is refused when it is called.
 */
const TTL_MS = 5000;

/** Lists are filtered by what each caller may see, so that they hold for nobody else. */
const CACHED = { ttlMs: TTL_MS, cacheScope: "private" };

/** The text of a result of ours, an object, in the form of the modern era. */
export function modernResult(view: View, resultText: string, isCached: boolean, resultType: "complete" | "task" = "complete"): string {
  const members = { resultType, ...(isCached ? CACHED : {}), _meta: { [META.serverInfo]: serverInfoOf(view) } };
  const own = resultText.slice(0, -1);
  return `${own}${own === "{" ? "" : ","}${JSON.stringify(members).slice(1)}`;
}

/** Who answers: the server on its own route, where it is known, else the gateway. */
export function serverInfoOf({ kind, name, hosts }: View): Readonly<Record<string, unknown>> {
  const own = kind === "server" ? hosts[0]?.catalog.initialized?.serverInfo : undefined;
  return own ?? { name: "mcpctl", ...(name === undefined ? {} : { title: `mcpctl project ${name}` }), version: VERSION };
}
