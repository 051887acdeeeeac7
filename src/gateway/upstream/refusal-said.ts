import { oneLine } from "../../core/one-line.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";

/** What a server says as it may be shown to others: without the credentials that it has from us. */
export type Shown = (text: string) => string;

/** `: ` and why a server refuses, on one line, where its message says so. */
export function refusalSaid(message: unknown, shown: Shown): string {
  const error = isJsonObject(message) && isJsonObject(message.error) ? message.error.message : undefined;
  return typeof error === "string" ? `: ${oneLine(shown(error.slice(0, MAX_LOOKED_AT)))}` : "";
}

/** A credential that the cut of a line goes through is seen whole. */
const MAX_LOOKED_AT = 4096;
