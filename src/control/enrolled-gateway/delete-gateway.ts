import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import type { EnrolledGatewayStore } from "./enrolled-gateway-store.ts";
import { findGateway } from "./find-gateway.ts";

/**
 * Takes a gateway's identity away: its key opens nothing from here on, and its watch ends.
 *
 * Throws `not_found`/`GATEWAY_UNKNOWN`, `denied`, `precondition`/`VERSION_STALE`.
 */
export async function deleteGateway(
  deps: { readonly gateways: EnrolledGatewayStore; readonly clock: Clock },
  actor: Actor,
  reference: string,
  ifMatch: number | undefined,
): Promise<void> {
  const { id, name, version } = await findGateway(deps.gateways, actor, "delete", reference);
  requireVersion(version, ifMatch);
  const what = { action: "gateway.delete", resource: "gateways", resourceName: name, detail: { id } };
  await deps.gateways.delete(id, resourceEvent(actor, deps.clock.now(), what));
}
