import { isJsonObject } from "../../../mcp/client/json-object.ts";

const ASKED = ["sampling", "elicitation", "roots"];
const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/**
 * What a legacy client offers, in the form of a modern request. Tasks of either era are not bridged; of one that cannot be
 * asked nothing is said that would make a server ask it.
 */
export function modernCapabilities(legacy: Readonly<Record<string, unknown>>, mayBeAsked: boolean): Record<string, unknown> {
  const kept = Object.entries(legacy).filter(([key]) => key !== "tasks" && (mayBeAsked || !ASKED.includes(key)));
  return Object.fromEntries(kept.map(([key, value]) => [key, modernValue(key, value)]));
}

function modernValue(key: string, value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  if (key === "roots") return Object.fromEntries(Object.entries(value).filter(([part]) => part !== "listChanged"));
  if (key === "extensions") return Object.fromEntries(Object.entries(value).filter(([id]) => id !== TASKS_EXTENSION));
  return value;
}
