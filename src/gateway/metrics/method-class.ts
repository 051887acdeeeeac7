import type { RequestTrail } from "../audit/request-trail.ts";

/** The methods that are counted by their names; what else a client sends is `other`, so that it cannot make up series. */
const KNOWN: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
  "logging/setLevel",
  "server/discover",
  "subscriptions/listen",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
]);

const BY_HTTP_METHOD: Readonly<Record<string, string>> = { GET: "listen", DELETE: "end", POST: "unread" };

/** What a request is counted as: a method of MCP, or what it was where there is none. One of a fixed set. */
export function methodClass({ message, httpMethod }: Pick<RequestTrail, "message" | "httpMethod">): string {
  if (message === undefined) return Object.hasOwn(BY_HTTP_METHOD, httpMethod) ? (BY_HTTP_METHOD[httpMethod] ?? "other") : "other";
  if (message.kind === "response" || message.kind === "invalid") return message.kind;
  return KNOWN.has(message.method) ? message.method : "other";
}
