import type { BareGateway } from "../bare/bare-gateway.ts";
import { isRefusal } from "../refusal.ts";
import { traceIdOf } from "../trace-id.ts";
import { ABOUT, type ClientInfo, gatewayHandler, pathOf } from "./gateway-handler.ts";
import { respond } from "./respond.ts";

/** A bare gateway's face: requests in, responses out. It never throws. */
export function bareGatewayHandler(gateway: BareGateway): (request: Request, client?: ClientInfo) => Promise<Response> {
  return async (request, client) => {
    const pipeline = await gateway.pipelineFor(request, pathOf(request.url), client?.address);
    if (isRefusal(pipeline)) return respond(pipeline, traceIdOf(request.headers), ABOUT);
    return gatewayHandler(pipeline)(request, client);
  };
}
