import type { BackingInput, ServerPolicy } from "../../api/server-definition.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { parseServerHandle } from "../../core/server-handle.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { BackingPolicy } from "./backing-policy.ts";
import { describeBacking } from "./describe-backing.ts";
import { requireBackingAllowed } from "./require-backing-allowed.ts";
import { parseBacking, parsePolicy, type Server, type ServerDetails } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

export interface CreateServerDeps {
  readonly servers: ServerStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: BackingPolicy;
}

export interface CreateServerInput {
  readonly handle: string;
  readonly description?: string;
  readonly backing: BackingInput;
  readonly enabled?: boolean;
  readonly rateLimit?: number | null;
  readonly writeTools?: boolean;
  readonly policy?: ServerPolicy;
  /** Names of projects that get it as their last server. */
  readonly projects?: readonly string[];
}

/**
 * Registers a server, and makes it the last one of `projects`, in one step.
 *
 * Throws `denied`, `invalid`, `conflict`/`SERVER_HANDLE_TAKEN`, `not_found`/`PROJECT_UNKNOWN` and `SECRET_UNKNOWN`.
 */
export async function createServer(deps: CreateServerDeps, actor: Actor, input: CreateServerInput): Promise<ServerDetails> {
  const { caller } = actor;
  const projects = [...new Set(input.projects ?? [])];
  requireAccess(caller, { verb: "create", resource: "servers", name: input.handle });
  for (const name of projects) requireAccess(caller, { verb: "edit", resource: "projects", name }, name);
  const at = deps.clock.now();
  const server: Server = {
    id: deps.ids.next("srv"),
    handle: parseServerHandle(input.handle),
    description: input.description ?? "",
    backing: parseBacking(input.backing),
    enabled: input.enabled ?? true,
    rateLimit: input.rateLimit ?? null,
    writeTools: input.writeTools ?? false,
    policy: parsePolicy(input.policy ?? {}),
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  requireBackingAllowed(deps.policy, caller, server.backing);
  const what = { action: "server.create", resource: "servers", resourceName: server.handle, server: server.handle };
  const detail = { backing: describeBacking(server.backing), projects, writeTools: server.writeTools, policy: server.policy };
  return deps.servers.insert(server, projects, resourceEvent(actor, at, { ...what, detail }));
}
