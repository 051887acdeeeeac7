import { toAppError } from "../../core/app-error.ts";
import { VERSION } from "../../core/version.ts";
import { type PipelineDeps, runPipeline } from "../pipeline.ts";
import { refuse } from "../refusal.ts";
import { traceIdOf } from "../trace-id.ts";
import { respond } from "./respond.ts";

const ABOUT = { name: "mcpctl gateway", version: VERSION };

/** The gateway's face: requests in, responses out. It never throws. */
export function gatewayHandler(pipeline: PipelineDeps): (request: Request) => Promise<Response> {
  return async (request) => {
    const traceId = traceIdOf(request.headers);
    try {
      return respond(await runPipeline(pipeline, request, pathOf(request.url)), traceId, ABOUT);
    } catch (thrown) {
      pipeline.onFailure(toAppError(thrown));
      return respond(refuse("internal_error", "Something failed inside; the log has the details"), traceId, ABOUT);
    }
  };
}

/** The path of an absolute URL, without its query. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
