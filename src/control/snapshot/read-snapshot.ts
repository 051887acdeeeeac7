import type { Snapshot } from "../../api/server-definition.ts";
import type { ChangeFeed } from "../change/change-log.ts";
import { nodeKeyOf } from "../node/node-key.ts";
import type { NodeStore } from "../node/node-store.ts";
import type { ProjectStore } from "../project/project-store.ts";
import { type OpenSecretsDeps, openSecrets } from "../secret/open-secrets.ts";
import { secretsOf } from "../server/server.ts";
import type { ServerStore } from "../server/server-store.ts";

export interface ReadSnapshotDeps extends OpenSecretsDeps {
  readonly feed: Pick<ChangeFeed, "revision">;
  readonly projects: Pick<ProjectStore, "definitions">;
  readonly servers: Pick<ServerStore, "all">;
  readonly nodes: Pick<NodeStore, "all">;
  /** Makes the keys of nodes. */
  readonly nodeKeys: Uint8Array;
  /** Tools that servers declare to write are offered by all of them. */
  readonly writeTools: boolean;
}

/**
 * All that a gateway serves. It holds the values of the secrets that enabled servers name: it is for the gateway of this
 * process and for enrolled ones alone.
 *
 * The revision is read first: what is changed meanwhile may be in the rest already, and is announced besides.
 */
export async function readSnapshot(deps: ReadSnapshotDeps): Promise<Snapshot> {
  const revision = await deps.feed.revision();
  const definitions = await deps.projects.definitions();
  const servers = await deps.servers.all();
  // A node matters where a server is on it.
  const used = new Set(servers.flatMap(({ enabled, backing }) => (enabled && backing.kind === "component" ? [backing.node] : [])));
  const nodes = used.size === 0 ? [] : (await deps.nodes.all()).filter(({ name }) => used.has(name));
  const handles = new Set(servers.map(({ handle }) => handle));
  const named = new Set(servers.flatMap(({ enabled, backing }) => (enabled ? secretsOf(backing) : [])));
  return {
    revision,
    // A server may have gone between the two reads.
    projects: definitions.map((project) => ({ ...project, servers: project.servers.filter((handle) => handles.has(handle)) })),
    servers: servers.map(({ id, handle, backing, enabled, rateLimit, writeTools, policy }) => {
      return { id, handle, backing, enabled, rateLimit, writeTools: writeTools || deps.writeTools, policy };
    }),
    ...(nodes.length === 0
      ? {}
      : {
          nodes: nodes.map(({ id, name, address, certificate }) => {
            return { name, address, certificate: certificate ?? null, key: nodeKeyOf(deps.nodeKeys, id) };
          }),
        }),
    secrets: await openSecrets(deps, [...named].sort()),
  };
}
