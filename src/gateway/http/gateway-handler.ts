import { toAppError } from "../../core/app-error.ts";
import { VERSION } from "../../core/version.ts";
import { recordRequest } from "../audit/record-request.ts";
import { beginTrail, type RequestTrail } from "../audit/request-trail.ts";
import type { Outcome } from "../outcome.ts";
import { type PipelineDeps, runPipeline } from "../pipeline.ts";
import { refuse } from "../refusal.ts";
import { traceIdOf } from "../trace-id.ts";
import { respond } from "./respond.ts";

export const ABOUT = { name: "mcpctl gateway", version: VERSION };

/** What the listener knows of a client. */
export interface ClientInfo {
  readonly address?: string | undefined;
}

/** The gateway's face: requests in, responses out. It never throws. */
export function gatewayHandler(pipeline: PipelineDeps): (request: Request, client?: ClientInfo) => Promise<Response> {
  return (request, client) => carryOut(pipeline, request, trailOf(pipeline, request, client));
}

/** Carries a request out, writes it down and answers it. Never throws. */
export async function carryOut(pipeline: PipelineDeps, request: Request, trail: RequestTrail): Promise<Response> {
  let outcome: Outcome;
  try {
    outcome = await runPipeline(pipeline, request, trail);
  } catch (thrown) {
    pipeline.onFailure(toAppError(thrown));
    outcome = refuse("internal_error", "Something failed inside; the log has the details");
  }
  recordRequest(pipeline, trail, outcome);
  return respond(outcome, trail.traceId, ABOUT, pipeline.streams);
}

export function trailOf(pipeline: PipelineDeps, request: Request, client: ClientInfo | undefined): RequestTrail {
  return beginTrail({
    traceId: traceIdOf(request.headers),
    address: client?.address,
    httpMethod: request.method,
    path: pathOf(request.url),
    startedAt: pipeline.monotonicNow(),
  });
}

/** The path of an absolute URL, without its query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
