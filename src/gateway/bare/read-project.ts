import type { ApiClient } from "../../api/api-client.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { ServerResource } from "../../api/resources/server.ts";
import type { ServerDefinition, Snapshot } from "../../api/server-definition.ts";
import { isReachedDirectly } from "./is-reached-directly.ts";

/**
 * A project with those of its servers that the bearer of `client` may view, without secrets. Its own prompts are not in
 * it. Throws what a call throws.
 */
export async function readProject(client: ApiClient, name: string): Promise<Omit<Snapshot, "revision">> {
  const params = { project: name };
  const [project, servers] = await Promise.all([
    client.call(ENDPOINTS.projects.get, { params }),
    client.call(ENDPOINTS.projects.servers, { params }),
  ]);
  const handles = servers.items.map(({ handle }) => handle);
  return {
    projects: [{ id: project.id, name: project.name, servers: handles, prompts: [] }],
    servers: servers.items.map(definitionOf),
    secrets: {},
  };
}

/** How the servers that mcpd runs may be used is for mcpd to say: it lists no other tools, and refuses what their policy refuses. */
function definitionOf({ id, handle, backing, enabled, rateLimit, offersWriteTools, policy }: ServerResource): ServerDefinition {
  const direct = isReachedDirectly(backing);
  return { id, handle, backing, enabled, rateLimit, writeTools: offersWriteTools || !direct, policy: direct ? policy : {} };
}
