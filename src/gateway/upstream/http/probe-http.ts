import { AppError } from "../../../core/app-error.ts";
import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { requestHeaders } from "../../../mcp/eras/2026-07-28/request-headers.ts";
import { decideHttpEra, type EraVerdict, type ProbeEvidence } from "../../../mcp/eras/decide-era.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import { gatewayParams, parseDiscoverResult } from "../discover.ts";
import { requestText } from "../hop.ts";
import type { InitializeResult } from "../upstream.ts";
import { EventMeter } from "./event-meter.ts";
import { CHECKED_BYTES, type HttpTarget, POST_HEADERS } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";
import { isEventStream } from "./resume.ts";

/** What asking a server for its era has told. */
export interface Probed {
  readonly verdict: EraVerdict;
  /** What it says of itself; there where it is modern and has answered with a result. */
  readonly discovered: InitializeResult | undefined;
  /** HTTP status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** What its refusal means, where that is known: it says nothing of its era. */
  readonly refused: AppError | undefined;
}

const METHOD = "server/discover";
const PARAMS = gatewayParams();
const HEADERS = { ...POST_HEADERS, ...requestHeaders(METHOD, JSON.parse(PARAMS)) };
const BODY = requestText('"mcpctl-discover"', METHOD, PARAMS);

/**
 * Asks a server for `server/discover`, and once more where it is modern and refuses: it may not have liked its first
 * request (2026-07-28, "Protocol version negotiation"). Never throws: no answer is evidence too, of nothing.
 */
export async function probeHttp(target: HttpTarget, signal: AbortSignal): Promise<Probed> {
  const first = await ask(target, signal);
  return first.verdict === "modern" && first.discovered === undefined ? ask(target, signal) : first;
}

async function ask(target: HttpTarget, signal: AbortSignal): Promise<Probed> {
  let evidence: ProbeEvidence = { kind: "nothing" };
  let refused: AppError | undefined;
  try {
    const response = await target.client.send({ method: "POST", headers: HEADERS, body: BODY, signal });
    const message = await messageIn(target, response, signal);
    evidence = message === undefined ? { kind: "status", status: response.status } : { kind: "message", status: response.status, message };
  } catch (thrown) {
    // It could not be reached, or it does not answer in HTTP.
    if (thrown instanceof AppError) refused = thrown;
  }
  const verdict = decideHttpEra(evidence);
  return {
    verdict,
    discovered: verdict === "modern" && evidence.kind === "message" ? discoveredIn(target, evidence.message) : undefined,
    status: evidence.kind === "nothing" ? undefined : evidence.status,
    refused,
  };
}

function discoveredIn(target: HttpTarget, message: unknown): InitializeResult | undefined {
  return isJsonObject(message) && isJsonObject(message.result) ? parseDiscoverResult(target.handle, message, target.shown) : undefined;
}

/** The JSON-RPC message of a response; undefined where it has none. Throws what a refusal means. */
async function messageIn(target: HttpTarget, response: Http1Response, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
  const type = response.headers.get("content-type") ?? "";
  if (isEventStream(response)) return answerIn(target, response, signal);
  if (!type.startsWith("application/json")) {
    response.body.drop();
    return undefined;
  }
  const text = await response.body.text(Math.max(CHECKED_BYTES, target.maxEventBytes));
  const refusal = response.status === 200 ? undefined : target.refusalOf?.(response.status, text);
  if (refusal !== undefined) throw refusal;
  return parsed(text);
}

async function answerIn(target: HttpTarget, { body }: Http1Response, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
  const parser = createSseParser({ maxEventBytes: target.maxEventBytes });
  const meter = new EventMeter(target.budget, parser);
  try {
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
      const events = parser.push(chunk);
      for (const { data } of events) {
        const message = parsed(data);
        if (message !== undefined && !("method" in message)) return message;
      }
      await meter.take(chunk, events, signal);
    }
  } finally {
    body.drop();
  }
  return undefined;
}

/** Only what has a result or an error is an answer; a page of JSON is none. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && ("result" in value || isJsonObject(value.error) || "method" in value) ? value : undefined;
  } catch {
    return undefined;
  }
}
