/** In which forms a client takes an answer. */
export interface AcceptedForms {
  readonly json: boolean;
  readonly stream: boolean;
}

const JSON_ALONE: AcceptedForms = { json: true, stream: false };
/** What clients of MCP send, as its transport asks for. */
const USUAL = "application/json, text/event-stream";
const BOTH: AcceptedForms = { json: true, stream: true };

const MAX_LENGTH = 1000;

/**
 * Reads an Accept header. A missing one, and one for anything at all, is read as JSON; so is one that names neither form. Weights are not
 * compared, but what has `q=0` is not taken (RFC 9110, 12.5.1).
 */
export function acceptedForms(accept: string | null): AcceptedForms {
  if (accept === USUAL) return BOTH;
  if (accept === null || accept.length > MAX_LENGTH) return JSON_ALONE;
  const types = accept.toLowerCase().split(",").map(typeOf);
  const stream = types.includes("text/event-stream");
  const json = ["application/json", "application/*", "*/*"].some((type) => types.includes(type));
  return stream || json ? { json, stream } : JSON_ALONE;
}

function typeOf(range: string): string {
  const [type = "", ...parameters] = range.split(";");
  return parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter)) ? "" : type.trim();
}
