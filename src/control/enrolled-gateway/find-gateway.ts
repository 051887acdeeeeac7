import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { type EnrolledGateway, gatewayUnknown } from "./enrolled-gateway.ts";
import type { EnrolledGatewayStore } from "./enrolled-gateway-store.ts";

/** The gateway of an id or a name, if `actor` may do `verb` with it. Throws `not_found`/`GATEWAY_UNKNOWN`, `denied`. */
export function findGateway(gateways: EnrolledGatewayStore, actor: Actor, verb: Role, reference: string): Promise<EnrolledGateway> {
  const { byId, byName } = gateways;
  const nameOf = ({ name }: EnrolledGateway) => name;
  return findPermitted({ resource: "gateways", prefix: "gw", byId, byName, nameOf, unknown: gatewayUnknown }, actor, verb, reference);
}
