import { MODERN_REVISIONS } from "../../mcp/classify.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import type { View } from "../catalog/view.ts";
import type { InitializeResult } from "../upstream/upstream.ts";
import { NOT_CARRIED, projectCapabilities, projectInstructions } from "./initialize.ts";

const SPOKEN = { supportedVersions: MODERN_REVISIONS };

/** A task is between one client and one server. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/** What `server/discover` says of a project, less what all results say. */
export function discoverProject(view: View): object {
  return { ...SPOKEN, capabilities: projectCapabilities(view), ...projectInstructions(view) };
}

/** The same of one server: its own, less what is not carried. */
export function discoverServer({ capabilities, instructions }: InitializeResult): object {
  const offered = Object.entries(capabilities)
    .filter(([key]) => !NOT_CARRIED.includes(key))
    .map(([key, value]) => [key, key === "extensions" ? withoutTasks(value) : value]);
  return { ...SPOKEN, capabilities: Object.fromEntries(offered), ...(instructions === undefined ? {} : { instructions }) };
}

function withoutTasks(extensions: unknown): unknown {
  if (!isJsonObject(extensions)) return {};
  return Object.fromEntries(Object.entries(extensions).filter(([id]) => id !== TASKS_EXTENSION));
}
