import { isJsonObject } from "../../mcp/client/json-object.ts";

/** The same params, asking the server to say how far it is under this token; whoever dispatched the call hears of no other. */
export function withProgressToken(paramsText: string | undefined, token: string): string {
  const params: unknown = paramsText === undefined ? {} : JSON.parse(paramsText);
  if (!isJsonObject(params)) return paramsText ?? "{}";
  const meta = JSON.stringify({ ...(isJsonObject(params._meta) ? params._meta : {}), progressToken: token });
  if (params._meta !== undefined) return JSON.stringify({ ...params, _meta: JSON.parse(meta) });
  // Everything else stays as it was written.
  const rest = (paramsText ?? "{}").trim().slice(1).trimStart();
  return rest === "}" ? `{"_meta":${meta}}` : `{"_meta":${meta},${rest}`;
}
