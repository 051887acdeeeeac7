import { createLocator, entriesOf } from "../../mcp/json-span.ts";
import type { Question } from "../upstream/upstream.ts";

/** The text of a result that asks the client (2026-07-28, "Multi round-trip requests"). */
export function inputRequiredText(questions: ReadonlyMap<string, Question>, requestState: string): string {
  const state = JSON.stringify(requestState);
  return `{"resultType":"input_required","inputRequests":${inputRequestsText(questions)},"requestState":${state}}`;
}

/** Questions as the text of an object, by their keys; params pass byte for byte. */
export function inputRequestsText(questions: ReadonlyMap<string, Question>): string {
  const requests = [...questions].map(([key, { method, paramsText }]) => {
    const params = paramsText === undefined ? "" : `,"params":${paramsText}`;
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(method)}${params}}`;
  });
  return `{${requests.join(",")}}`;
}

const locateResponses = createLocator(["inputResponses"]);

/** The client's answers in the params of a retry, as JSON text by their keys. What is no object is no answer. */
export function inputResponses(paramsText: string | undefined): Map<string, string> {
  const span = paramsText === undefined ? undefined : locateResponses(paramsText).spans[0];
  if (paramsText === undefined || span === undefined || paramsText[span.start] !== "{") return new Map();
  const entries = entriesOf(paramsText, span.start).map(({ key, span: { start, end } }) => [key, paramsText.slice(start, end)] as const);
  return new Map(entries.filter(([, text]) => text.startsWith("{")));
}
