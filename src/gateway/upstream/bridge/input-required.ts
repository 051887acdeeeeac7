import { createLocator, entriesOf } from "../../../mcp/json-span.ts";

/** What a modern server wants to know before it answers. */
export interface InputRequired {
  readonly requests: readonly InputRequest[];
  /** What is to be sent back with the answers, as the JSON text that it came in. */
  readonly requestStateText: string | undefined;
}

export interface InputRequest {
  readonly key: string;
  readonly method: unknown;
  readonly paramsText: string | undefined;
}

/** What an answer of a modern server is. */
export type ModernResult =
  | { readonly kind: "complete" }
  | { readonly kind: "input_required"; readonly input: InputRequired }
  | { readonly kind: "unknown"; readonly resultType: string };

const locate = createLocator(["result", "resultType"], ["result", "inputRequests"], ["result", "requestState"]);
const locateRequest = createLocator(["method"], ["params"]);
const COMPLETE: ModernResult = { kind: "complete" };

/** Reads of what type an answer is. An error, and a result without a type, are complete. */
export function readModernResult(answer: string): ModernResult {
  // A key may be written with escapes.
  if (!answer.includes('"resultType"') && !answer.includes("\\u")) return COMPLETE;
  const [type, requests, state] = locate(answer).spans;
  const resultType: unknown = type === undefined ? "complete" : JSON.parse(answer.slice(type.start, type.end));
  if (resultType === "complete") return COMPLETE;
  if (resultType !== "input_required") return { kind: "unknown", resultType: String(resultType).slice(0, 50) };
  const requestStateText = state === undefined ? undefined : answer.slice(state.start, state.end);
  const requestsText = requests === undefined ? "{}" : answer.slice(requests.start, requests.end);
  return { kind: "input_required", input: { requests: readRequests(requestsText), requestStateText } };
}

function readRequests(text: string): InputRequest[] {
  if (!text.startsWith("{")) return [];
  return entriesOf(text, 0).map(({ key, span }) => {
    const request = text.slice(span.start, span.end);
    const [method, params] = locateRequest(request).spans;
    return {
      key,
      method: method === undefined ? undefined : JSON.parse(request.slice(method.start, method.end)),
      paramsText: params === undefined ? undefined : request.slice(params.start, params.end),
    };
  });
}
