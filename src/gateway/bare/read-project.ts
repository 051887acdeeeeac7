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

/** Which tools of the servers that it runs are offered is for mcpd to say, which lists no others. */
function definitionOf({ id, handle, backing, enabled, rateLimit, offersWriteTools }: ServerResource): ServerDefinition {
  return { id, handle, backing, enabled, rateLimit, writeTools: offersWriteTools || !isReachedDirectly(backing) };
}
