import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { createLocator, splice } from "../../mcp/json-span.ts";

const locateId = createLocator(["id"]);
const locateProgress = createLocator(["method"], ["params", "progressToken"]);
const locateToken = createLocator(["_meta", "progressToken"]);

/** An answer to a call under the id of the request that continued it. */
export function retoldAnswer(answer: string, { idText }: RequestEnvelope): string {
  const [span] = locateId(answer).spans;
  return span === undefined ? answer : splice(answer, span, idText);
}

/** A notification under the progress token of the request that continued its call; undefined where that wants no progress. */
export function retoldNotice(message: string, { paramsText }: RequestEnvelope): string | undefined {
  const [method, token] = locateProgress(message).spans;
  const isProgress = method !== undefined && message.slice(method.start, method.end) === '"notifications/progress"';
  if (!isProgress || token === undefined) return message;
  const [own] = paramsText === undefined ? [] : locateToken(paramsText).spans;
  return paramsText === undefined || own === undefined ? undefined : splice(message, token, paramsText.slice(own.start, own.end));
}
