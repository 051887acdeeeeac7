import { MODERN_REVISIONS } from "../../mcp/classify.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import type { View } from "../catalog/view.ts";
import type { InitializeResult } from "../upstream/upstream.ts";
import { NOT_CARRIED, projectCapabilities, projectInstructions } from "./initialize.ts";

const SPOKEN = { supportedVersions: MODERN_REVISIONS };

/** A task of a server is between it and one client; those that the gateway makes of calls are its own. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/** What `server/discover` says, less what all results say. Throws like `Upstream.ready` where one server is all there is. */
export async function discovery(view: View, offersTasks: boolean): Promise<object> {
  const own = await ownWord(view);
  const { instructions } = own ?? projectInstructions(view);
  const capabilities = offersTasks ? withTasks(offeredBy(own, view)) : offeredBy(own, view);
  return { ...SPOKEN, capabilities, ...(instructions === undefined ? {} : { instructions }) };
}

/** The capabilities that modern clients are told of; of a server that cannot be asked now what it last said. */
export async function capabilitiesOf(view: View): Promise<Readonly<Record<string, unknown>>> {
  const own = await ownWord(view).catch(() => view.hosts[0]?.catalog.initialized);
  return offeredBy(own, view);
}

async function ownWord({ kind, hosts }: View): Promise<InitializeResult | undefined> {
  return kind === "server" ? hosts[0]?.upstream.ready() : undefined;
}

function offeredBy(own: InitializeResult | undefined, view: View): Readonly<Record<string, unknown>> {
  if (own === undefined) return projectCapabilities(view);
  const offered = Object.entries(own.capabilities)
    .filter(([key]) => !NOT_CARRIED.includes(key))
    .map(([key, value]) => [key, key === "extensions" ? withoutTasks(value) : value]);
  return Object.fromEntries(offered);
}

function withTasks(capabilities: Readonly<Record<string, unknown>>): object {
  const extensions = isJsonObject(capabilities.extensions) ? capabilities.extensions : {};
  return { ...capabilities, extensions: { ...extensions, [TASKS_EXTENSION]: {} } };
}

function withoutTasks(extensions: unknown): unknown {
  if (!isJsonObject(extensions)) return {};
  return Object.fromEntries(Object.entries(extensions).filter(([id]) => id !== TASKS_EXTENSION));
}
