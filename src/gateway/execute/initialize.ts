import { type LegacyRevision, negotiateRevision } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { View } from "../catalog/view.ts";
import type { ServerHost } from "../server-host.ts";
import type { InitializeResult } from "../upstream/upstream.ts";
import { serverInfoOf } from "./modern-result.ts";
import { logsToPeers, tellsOfResources } from "./server-features.ts";

/** Experiments, and the tasks of 2025-11-25, are between one client and one server. */
export const NOT_CARRIED: readonly string[] = ["tasks", "experimental"];

/** Longest instructions of a project's view, in characters: clients put them into a model's context. */
const MAX_INSTRUCTIONS = 8 * 1024;

/** The result of `initialize` for a project: what its servers offer together. */
export function initializeProject(view: View, requested: unknown): { revision: LegacyRevision; resultText: string } {
  const revision = negotiateRevision(requested);
  const result = {
    protocolVersion: revision,
    capabilities: projectCapabilities(view),
    serverInfo: serverInfoOf(view),
    ...projectInstructions(view),
  };
  return { revision, resultText: JSON.stringify(result) };
}

/** What a project's servers offer together. Lists always: a server that is away now may bring its prompts later. */
export function projectCapabilities({ hosts }: View): Readonly<Record<string, unknown>> {
  const subscribe = hosts.some(tellsOfResources) ? { subscribe: true } : {};
  return {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { ...subscribe, listChanged: true },
    completions: {},
    ...(hosts.some(logsToPeers) ? { logging: {} } : {}),
  };
}

/**
 * The result of `initialize` for one server: its own, less what is not carried. One that does not tell clients apart
 * would log to all of them what one has asked for.
 */
export function initializeServer(
  own: InitializeResult,
  requested: unknown,
  keepsPeers: boolean,
): { revision: LegacyRevision; resultText: string } {
  const revision = negotiateRevision(requested);
  const withheld = keepsPeers ? NOT_CARRIED : [...NOT_CARRIED, "logging"];
  const capabilities = Object.entries(own.capabilities).filter(([key]) => !withheld.includes(key));
  return { revision, resultText: JSON.stringify({ ...own, protocolVersion: revision, capabilities: Object.fromEntries(capabilities) }) };
}

/** What its servers say on how to use them, one after the other. */
export function projectInstructions({ hosts }: View): { readonly instructions?: string } {
  const instructions = hosts
    .flatMap((host) => instructionsOf(host))
    .join("\n\n")
    .slice(0, MAX_INSTRUCTIONS);
  return instructions === "" ? {} : { instructions };
}

function instructionsOf(host: ServerHost): string[] {
  const text = host.catalog.initialized?.instructions;
  return text === undefined ? [] : [`# ${host.handle}\n${text}`];
}
