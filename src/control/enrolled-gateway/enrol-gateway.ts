import { AppError } from "../../core/app-error.ts";
import { callerCovers, requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { credentialHead, generateCredential } from "../../core/credential.ts";
import type { Ids } from "../../core/ids.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { formatBinding, type Resource } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { EnrolledGateway } from "./enrolled-gateway.ts";
import type { EnrolledGatewayStore } from "./enrolled-gateway-store.ts";

export interface EnrolGatewayDeps {
  readonly gateways: EnrolledGatewayStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** What a gateway reads of mcpd with its key, all of each. */
const READS: readonly Resource[] = ["projects", "servers", "prompts", "secrets"];

/**
 * Gives a gateway an identity. Its key is in the answer and nowhere else. It reads every project, server and secret, so
 * only those who may view all of them can make one.
 *
 * Throws `denied`: `PERMISSION_DENIED`, `RIGHTS_NOT_HELD`; `conflict`/`GATEWAY_NAME_TAKEN`.
 */
export async function enrolGateway(
  deps: EnrolGatewayDeps,
  actor: Actor,
  input: { readonly name: string; readonly description: string },
): Promise<{ readonly gateway: EnrolledGateway; readonly raw: string }> {
  const { caller } = actor;
  const { name, description } = input;
  requireAccess(caller, { verb: "create", resource: "gateways", name });
  const lacking = READS.map((resource) => ({ role: "view", resource }) as const).find((binding) => !callerCovers(caller, binding));
  if (lacking !== undefined) {
    throw new AppError("denied", "RIGHTS_NOT_HELD", `A gateway gets ${formatBinding(lacking)}, and you do not hold it yourself`, {
      hint: "ask somebody who holds it",
    });
  }
  const raw = generateCredential("gateway");
  const now = deps.clock.now();
  const key = { head: credentialHead("gateway", raw), sha256: hashToken(raw) };
  const dates = { version: 1, createdAt: now, updatedAt: now, lastSeenAt: undefined };
  const gateway: EnrolledGateway = { id: deps.ids.next("gw"), name, description, ...key, ...dates };
  const what = { action: "gateway.create", resource: "gateways", resourceName: name, detail: { id: gateway.id, description } };
  await deps.gateways.insert(gateway, resourceEvent(actor, now, what));
  return { gateway, raw };
}
