import { redactText } from "../../core/redact.ts";
import type { FinishedRequest } from "../audit/finished-request.ts";
import type { RequestTrail } from "../audit/request-trail.ts";

/** A request that is over, as a line of a log says it. There is no place in it for arguments, results or credentials. */
export interface AccessRecord {
  /** Of MCP; of HTTP with the path where no message was read. */
  readonly method: string;
  readonly project: string | undefined;
  /** One that exists. */
  readonly server: string | undefined;
  readonly outcome: FinishedRequest["outcome"];
  readonly code: string | undefined;
  readonly status: number;
  readonly ms: number;
  readonly traceId: string;
  /** `token:tok_…`; undefined where nobody is known to have asked. */
  readonly principal: string | undefined;
}

const MAX_TEXT = 100;

export function accessRecord({ trail, server, outcome, code, status, durationMs }: FinishedRequest): AccessRecord {
  const principal = trail.caller?.principal;
  return {
    method: methodOf(trail),
    project: trail.project && redactText(trail.project, MAX_TEXT),
    server,
    outcome,
    code,
    status,
    ms: Math.round(durationMs * 100) / 100,
    traceId: trail.traceId,
    principal: principal === undefined ? undefined : `${principal.kind}:${principal.id}`,
  };
}

function methodOf({ message, httpMethod, path }: RequestTrail): string {
  const isNamed = message?.kind === "request" || message?.kind === "notification";
  // Some put a token where only a name belongs.
  return redactText(isNamed ? message.method : `${httpMethod} ${path}`, MAX_TEXT);
}
