import { ApiClient } from "../../api/api-client.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { LIST_LIMIT } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";
import { configPath, readConfig } from "../config/cli-config.ts";
import { resolveTarget } from "../config/resolve-target.ts";
import type { CliDeps, ControlNode, ControlNodesQuery } from "../ports.ts";

/** The nodes that the control plane of a context has; none where no installation is known. Throws what mcpd refuses with. */
export async function listControlNodes(
  { env, context, fetch }: ControlNodesQuery,
  localInstance: CliDeps["localInstance"],
): Promise<readonly ControlNode[]> {
  const target = targetOf(env, context, localInstance);
  if (target?.bearer === undefined) return [];
  const api = new ApiClient({ baseUrl: target.url, bearer: target.bearer, fetch });
  const { items } = await api.call(ENDPOINTS.nodes.list, { query: { limit: LIST_LIMIT.max } });
  return items.map(({ name, address, fingerprint }) => ({ name, address, ...(fingerprint === null ? {} : { fingerprint }) }));
}

function targetOf(env: CliDeps["env"], context: string | undefined, localInstance: CliDeps["localInstance"]) {
  try {
    const hasPlace = Boolean(env.MCPCTL_CONFIG || env.XDG_CONFIG_HOME || env.HOME);
    const config = hasPlace ? readConfig(configPath(env)) : { current: null, contexts: {} };
    return resolveTarget(config, env, context, localInstance);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.reason === "CONTEXT_MISSING") return undefined;
    throw thrown;
  }
}
