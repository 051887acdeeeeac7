import { VERSION } from "../../core/version.ts";
import { type LegacyRevision, negotiateRevision } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { View } from "../catalog/view.ts";
import type { ServerHost } from "../server-host.ts";
import type { InitializeResult } from "../upstream/upstream.ts";

/** Features that this gateway does not carry yet; a server's word on them is not passed on. */
const NOT_CARRIED = ["logging", "tasks", "experimental"];

/** Longest instructions of a project's view, in characters: clients put them into a model's context. */
const MAX_INSTRUCTIONS = 8 * 1024;

/** The result of `initialize` for a project: what its servers offer together. */
export function initializeProject(view: View, name: string, requested: unknown): { revision: LegacyRevision; resultText: string } {
  const revision = negotiateRevision(requested);
  const instructions = view.hosts
    .flatMap((host) => instructionsOf(host))
    .join("\n\n")
    .slice(0, MAX_INSTRUCTIONS);
  const result = {
    protocolVersion: revision,
    // All of them, always: a server that is away now may bring its prompts later.
    capabilities: { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true }, completions: {} },
    serverInfo: { name: "mcpctl", title: `mcpctl project ${name}`, version: VERSION },
    ...(instructions === "" ? {} : { instructions }),
  };
  return { revision, resultText: JSON.stringify(result) };
}

/** The result of `initialize` for one server: its own, less what is not carried. */
export function initializeServer(own: InitializeResult, requested: unknown): { revision: LegacyRevision; resultText: string } {
  const revision = negotiateRevision(requested);
  const capabilities = Object.entries(own.capabilities)
    .filter(([key]) => !NOT_CARRIED.includes(key))
    .map(([key, value]) => [key, key === "resources" ? withoutSubscribe(value) : value]);
  return { revision, resultText: JSON.stringify({ ...own, protocolVersion: revision, capabilities: Object.fromEntries(capabilities) }) };
}

function withoutSubscribe(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return {};
  const { subscribe: _, ...rest } = value as Record<string, unknown>;
  return rest;
}

function instructionsOf(host: ServerHost): string[] {
  const text = host.catalog.initialized?.instructions;
  return text === undefined ? [] : [`# ${host.handle}\n${text}`];
}
