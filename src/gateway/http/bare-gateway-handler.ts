import { recordRequest } from "../audit/record-request.ts";
import type { BareGateway } from "../bare/bare-gateway.ts";
import { isRefusal } from "../refusal.ts";
import { ABOUT, carryOut, trailOf } from "./gateway-handler.ts";
import type { HttpHandler } from "./http-host.ts";
import { asPlainAnswer, type HttpAnswer } from "./plain-answer.ts";
import { respond } from "./respond.ts";

/** A bare gateway's face over sockets: requests in, answers out. It never throws. */
export function bareSocketHandler(gateway: BareGateway): HttpHandler {
  return async (request, address) => {
    const trail = trailOf(gateway.outside, request, request.path, address);
    const pipeline = await gateway.pipelineFor(request, trail.path, address);
    if (!isRefusal(pipeline)) return carryOut<HttpAnswer>(pipeline, request, trail, asPlainAnswer);
    recordRequest(gateway.outside, trail, pipeline);
    return respond(pipeline, trail.traceId, ABOUT, gateway.outside.streams, asPlainAnswer);
  };
}
