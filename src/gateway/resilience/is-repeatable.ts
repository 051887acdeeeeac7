import { LIST_KINDS, LISTS } from "../catalog/list-item.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";

/** Methods that only read. */
const READING: ReadonlySet<string> = new Set([
  ...LIST_KINDS.map((kind) => LISTS[kind].method),
  "ping",
  "server/discover",
  "prompts/get",
  "resources/read",
  "completion/complete",
]);

/** Whether carrying this request out twice does no harm. `isRepeatableTool` says what the server says of a tool by its own name. */
export function isRepeatable({ method, paramsText }: UpstreamCall, isRepeatableTool: (name: string) => boolean): boolean {
  if (READING.has(method)) return true;
  if (method !== "tools/call" || paramsText === undefined) return false;
  const { name } = JSON.parse(paramsText) as { name?: unknown };
  return typeof name === "string" && isRepeatableTool(name);
}
