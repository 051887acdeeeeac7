import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { EnrolledGateway } from "./enrolled-gateway.ts";
import type { EnrolledGatewayStore, GatewayPageRequest } from "./enrolled-gateway-store.ts";

/** A page of the gateways that `actor` may view. Throws `denied`/`PERMISSION_DENIED` where they may view none at all. */
export async function listGateways(
  gateways: EnrolledGatewayStore,
  { caller }: Actor,
  request: Omit<GatewayPageRequest, "names">,
): Promise<Page<EnrolledGateway>> {
  const names = viewableNames(caller, "gateways");
  return couldBeName(request.name) ? gateways.page({ ...request, names }) : { items: [], nextCursor: null };
}
