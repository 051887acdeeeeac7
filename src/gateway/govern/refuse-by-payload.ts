import type { RequestEnvelope } from "../../mcp/envelope.ts";
import type { Place } from "../access/authorize-request.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { ServerHost } from "../server-host.ts";

/** The largest body that may be read where a route leads: on one of several servers it is not known yet whose it is. */
export function largestBody(place: Place, installation: number): number {
  if (place.kind === "server") return place.host.definition.policy.maxPayloadBytes ?? installation;
  let largest = installation;
  for (const { definition } of place.project.hosts) largest = Math.max(largest, definition.policy.maxPayloadBytes ?? 0);
  return largest;
}

/** 413 where the params are more than the server takes that they are for. */
export function refuseByPayload(installation: number, host: ServerHost | undefined, { paramsText }: RequestEnvelope): Refusal | undefined {
  const max = host?.definition.policy.maxPayloadBytes ?? installation;
  if (paramsText === undefined || paramsText.length * 3 <= max || Buffer.byteLength(paramsText) <= max) return undefined;
  return refuse("payload_too_large", `The params may have at most ${max} bytes`);
}
