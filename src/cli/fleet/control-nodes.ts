import type { NodeResource } from "../../api/resources/node.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { connect } from "../config/connect.ts";
import { errorLines } from "../error-lines.ts";
import { listResources } from "../kinds/kind-api.ts";
import { nodeKind } from "../kinds/node-kind.ts";
import type { CliDeps } from "../ports.ts";
import type { ControlNode } from "./fleet.ts";

const MAX_NODES = 1_000;
/** A control plane that is away must not cost more than a node that is. */
const TIMEOUT_MS = 3_000;

/**
 * The nodes of the control plane that this person is logged in to; none where there is no such. One that is away, or refuses,
 * takes its nodes away from the list with a warning, and no other node.
 */
export async function controlNodes(deps: CliDeps, context: string | undefined): Promise<readonly ControlNode[]> {
  try {
    const { api, bearer } = connect(deps, context, TIMEOUT_MS);
    if (bearer === undefined) return [];
    const { items } = await listResources(api, nodeKind, { query: {}, limit: MAX_NODES });
    return (items as readonly unknown[] as readonly NodeResource[]).map(({ name, address, certificate }) =>
      certificate === null ? { name, address } : { name, address, certificate },
    );
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.reason === "CONTEXT_MISSING") return [];
    const { message, hint } = toAppError(thrown);
    deps.stderr(errorLines(`The nodes of the control plane are not known: ${message}`, hint).replace(/^error/, "warning"));
    return [];
  }
}
