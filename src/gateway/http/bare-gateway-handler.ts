import { recordRequest } from "../audit/record-request.ts";
import type { BareGateway } from "../bare/bare-gateway.ts";
import { isRefusal } from "../refusal.ts";
import { ABOUT, type ClientInfo, carryOut, trailOf } from "./gateway-handler.ts";
import { respond } from "./respond.ts";

/** A bare gateway's face: requests in, responses out. It never throws. */
export function bareGatewayHandler(gateway: BareGateway): (request: Request, client?: ClientInfo) => Promise<Response> {
  return async (request, client) => {
    const trail = trailOf(gateway.outside, request, client);
    const pipeline = await gateway.pipelineFor(request, trail.path, client?.address);
    if (!isRefusal(pipeline)) return carryOut(pipeline, request, trail);
    recordRequest(gateway.outside, trail, pipeline);
    return respond(pipeline, trail.traceId, ABOUT, gateway.outside.streams);
  };
}
