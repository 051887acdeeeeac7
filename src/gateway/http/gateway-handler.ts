import { toAppError } from "../../core/app-error.ts";
import { VERSION } from "../../core/version.ts";
import { recordRequest } from "../audit/record-request.ts";
import { beginTrail, type RequestTrail } from "../audit/request-trail.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import type { Outcome } from "../outcome.ts";
import { type PipelineDeps, runPipeline } from "../pipeline.ts";
import { refuse } from "../refusal.ts";
import { traceContextIn, traceIdOf } from "../trace-id.ts";
import type { HttpHandler } from "./http-host.ts";
import { asPlainAnswer, type HttpAnswer } from "./plain-answer.ts";
import { asResponse, type MakeAnswer, respond } from "./respond.ts";

export const ABOUT = { name: "mcpctl gateway", version: VERSION };

/** What the listener knows of a client. */
export interface ClientInfo {
  readonly address?: string | undefined;
}

/** The gateway's face: requests in, responses out. It never throws. */
export function gatewayHandler(pipeline: PipelineDeps): (request: IncomingRequest, client?: ClientInfo) => Promise<Response> {
  return (request, client) => carryOut(pipeline, request, trailOf(pipeline, request, pathOf(request.url), client?.address), asResponse);
}

/** The same for requests over the gateway's own sockets. */
export function socketHandler(pipeline: PipelineDeps): HttpHandler {
  return (request, address) => carryOut<HttpAnswer>(pipeline, request, trailOf(pipeline, request, request.path, address), asPlainAnswer);
}

/** Carries a request out, writes it down and answers it; `make` makes the answers that do not stream. Never throws. */
export async function carryOut<A>(
  pipeline: PipelineDeps,
  request: IncomingRequest,
  trail: RequestTrail,
  make: MakeAnswer<A>,
): Promise<A | Response> {
  let outcome: Outcome;
  try {
    const running = runPipeline(pipeline, request, trail);
    outcome = running instanceof Promise ? await running : running;
  } catch (thrown) {
    pipeline.onFailure(toAppError(thrown));
    outcome = refuse("internal_error", "Something failed inside; the log has the details");
  }
  recordRequest(pipeline, trail, outcome);
  return respond(outcome, trail.traceId, ABOUT, pipeline.streams, make);
}

export function trailOf(pipeline: PipelineDeps, request: IncomingRequest, path: string, address: string | undefined): RequestTrail {
  const context = traceContextIn(request.headers);
  return beginTrail({
    traceId: traceIdOf(request.headers, context),
    context,
    address,
    httpMethod: request.method,
    path,
    startedAt: pipeline.monotonicNow(),
  });
}

/** The path of an absolute URL, without its query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
