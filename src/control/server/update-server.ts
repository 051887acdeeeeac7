import type { Backing, BackingInput, ServerPolicy } from "../../api/server-definition.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { BackingPolicy } from "./backing-policy.ts";
import { describeBacking } from "./describe-backing.ts";
import { findServer } from "./find-server.ts";
import { requireBackingAllowed } from "./require-backing-allowed.ts";
import { parseBacking, parsePolicy, type ServerDetails } from "./server.ts";
import type { ServerChange, ServerStore } from "./server-store.ts";

export interface UpdateServerDeps {
  readonly servers: ServerStore;
  readonly clock: Clock;
  readonly policy: BackingPolicy;
}

export interface ServerPatch {
  readonly description?: string | undefined;
  /** Replaced as a whole. */
  readonly backing?: BackingInput | undefined;
  readonly enabled?: boolean | undefined;
  readonly rateLimit?: number | null | undefined;
  readonly writeTools?: boolean | undefined;
  /** Replaced as a whole. */
  readonly policy?: ServerPolicy | undefined;
}

/**
 * Changes a server; a patch that changes nothing leaves no trace.
 *
 * Throws `denied`, `invalid`, `precondition`/`VERSION_STALE`, `not_found`/`SERVER_UNKNOWN` and `SECRET_UNKNOWN`.
 */
export async function updateServer(
  deps: UpdateServerDeps,
  actor: Actor,
  reference: string,
  patch: ServerPatch,
  ifMatch?: number,
): Promise<ServerDetails> {
  const { id, handle } = await findServer(deps.servers, actor, "edit", reference);
  return deps.servers.change(id, (current) => {
    requireVersion(current.version, ifMatch);
    const changed = changesOf(current, patch);
    if (Object.keys(changed).length === 0) return undefined;
    const approved = backingToApprove(current, changed);
    if (approved !== undefined) requireBackingAllowed(deps.policy, actor.caller, approved);
    const what = { action: "server.update", resource: "servers", resourceName: handle, server: handle };
    return { ...changed, event: resourceEvent(actor, deps.clock.now(), { ...what, detail: { changed: describe(changed) } }) };
  });
}

type Changed = Omit<ServerChange, "event">;

/** What the change puts behind the server; turning a program on is to run it, whoever has registered it. */
function backingToApprove({ backing }: ServerDetails, changed: Changed): Backing | undefined {
  if (changed.backing !== undefined) return changed.backing;
  return changed.enabled === true && backing.kind === "stdio" ? backing : undefined;
}

function changesOf(current: ServerDetails, patch: ServerPatch): Changed {
  const { description, enabled, rateLimit, writeTools } = patch;
  const backing = patch.backing === undefined ? current.backing : parseBacking(patch.backing);
  const policy = patch.policy === undefined ? current.policy : parsePolicy(patch.policy);
  return {
    ...(description === undefined || description === current.description ? {} : { description }),
    ...(isSame(backing, current.backing) ? {} : { backing }),
    ...(enabled === undefined || enabled === current.enabled ? {} : { enabled }),
    ...(rateLimit === undefined || rateLimit === current.rateLimit ? {} : { rateLimit }),
    ...(writeTools === undefined || writeTools === current.writeTools ? {} : { writeTools }),
    ...(isSame(policy, current.policy) ? {} : { policy }),
  };
}

function describe({ backing, ...rest }: Changed): Readonly<Record<string, unknown>> {
  return { ...rest, ...(backing === undefined ? {} : { backing: describeBacking(backing) }) };
}

/** Of values that JSON can hold; the order of an object's keys does not count. */
function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [mine, theirs] = [left as Readonly<Record<string, unknown>>, right as Readonly<Record<string, unknown>>];
  const keys = Object.keys(mine);
  return keys.length === Object.keys(theirs).length && keys.every((key) => Object.hasOwn(theirs, key) && isSame(mine[key], theirs[key]));
}
