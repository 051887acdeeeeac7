import type { Clock } from "../../core/clock.ts";
import { claimsKind, hasShape } from "../../core/credential.ts";
import { hashToken } from "../../core/mcp-token.ts";
import type { CredentialResolver } from "../access/credential-resolver.ts";
import type { EnrolledGateway } from "./enrolled-gateway.ts";
import type { EnrolledGatewayStore } from "./enrolled-gateway-store.ts";

export interface GatewayKeyResolverDeps {
  readonly gateways: Pick<EnrolledGatewayStore, "byHash" | "recordSeen">;
  readonly clock: Clock;
}

const SEEN_EVERY_MS = 60_000;

/** Tells what keys of enrolled gateways open: the paths for gateways, and nothing by role bindings. */
export function gatewayKeyResolver(deps: GatewayKeyResolverDeps): CredentialResolver {
  return {
    takes: (credential) => claimsKind("gateway", credential),
    async resolve(credential) {
      const found = hasShape("gateway", credential) ? await deps.gateways.byHash(hashToken(credential)) : undefined;
      if (found === undefined) return undefined;
      recordSeen(deps, found);
      return { principal: { kind: "gateway", id: found.id, name: found.name }, bindings: [], scopes: [] };
    },
  };
}

/** In the background: that it cannot be kept is no reason to refuse the gateway. */
function recordSeen({ gateways, clock }: GatewayKeyResolverDeps, { id, lastSeenAt }: EnrolledGateway): void {
  const now = clock.now();
  if (lastSeenAt !== undefined && now.getTime() - lastSeenAt.getTime() < SEEN_EVERY_MS) return;
  gateways.recordSeen(id, now).catch(() => {});
}
