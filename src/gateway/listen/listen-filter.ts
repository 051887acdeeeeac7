import { isJsonObject } from "../../mcp/client/json-object.ts";
import type { ListChangedMethod } from "../upstream/upstream.ts";

/** What a client wants to hear of (2026-07-28, "Subscriptions"). */
export interface ListenFilter {
  readonly lists: readonly ListChangedMethod[];
  /** Of resources, each once. */
  readonly uris: readonly string[];
  /** Of tasks, each once (io.modelcontextprotocol/tasks). */
  readonly taskIds: readonly string[];
}

const FLAGS = {
  toolsListChanged: { method: "notifications/tools/list_changed", capability: "tools" },
  promptsListChanged: { method: "notifications/prompts/list_changed", capability: "prompts" },
  resourcesListChanged: { method: "notifications/resources/list_changed", capability: "resources" },
} as const;

type Flag = keyof typeof FLAGS;

const FLAG_NAMES = Object.keys(FLAGS) as Flag[];

/** Undefined for what is no filter. What is not known in it is not honoured, and is no fault. */
export function parseListenFilter(notifications: unknown): ListenFilter | undefined {
  if (!isJsonObject(notifications)) return undefined;
  const { resourceSubscriptions: uris = [], taskIds = [] } = notifications;
  if (!areTexts(uris) || !areTexts(taskIds)) return undefined;
  if (FLAG_NAMES.some((flag) => notifications[flag] !== undefined && typeof notifications[flag] !== "boolean")) return undefined;
  const lists = FLAG_NAMES.filter((flag) => notifications[flag] === true).map((flag) => FLAGS[flag].method);
  return { lists, uris: [...new Set(uris)], taskIds: [...new Set(taskIds)] };
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Of what is wanted what can be told of servers, by the capabilities that the client has been told of. */
export function honouredFilter({ lists, uris, taskIds }: ListenFilter, capabilities: Readonly<Record<string, unknown>>): ListenFilter {
  const offers = (capability: string, part: string) => isJsonObject(capabilities[capability]) && capabilities[capability][part] === true;
  const told = FLAG_NAMES.filter((flag) => lists.includes(FLAGS[flag].method) && offers(FLAGS[flag].capability, "listChanged"));
  return { lists: told.map((flag) => FLAGS[flag].method), uris: offers("resources", "subscribe") ? uris : [], taskIds };
}

/** The same as the client wrote it. */
export function filterParams({ lists, uris, taskIds }: ListenFilter): Readonly<Record<string, unknown>> {
  const flags = FLAG_NAMES.filter((flag) => lists.includes(FLAGS[flag].method)).map((flag) => [flag, true] as const);
  const ofTasks = taskIds.length === 0 ? {} : { taskIds };
  return { ...Object.fromEntries(flags), ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }), ...ofTasks };
}
