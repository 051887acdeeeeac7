import { AppError } from "../../core/app-error.ts";

/** An http or https URL. Throws `invalid`/`MCP_URL_INVALID`. */
export function parseEndpointUrl(raw: string): URL {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new AppError("invalid", "MCP_URL_INVALID", `'${raw}' is not an http or https URL`, {
      hint: "write the whole address, as in http://127.0.0.1:3200/projects/demo/mcp",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new AppError("invalid", "MCP_URL_INVALID", `The URL of ${url.host} holds a user name or a password`, {
      hint: "give a bearer token instead",
    });
  }
  return url;
}

/** Scheme, host and port of an endpoint, no trailing slash: `http://h:3200/projects/x/mcp` → `http://h:3200`. */
export function deriveBaseUrl(url: string): string {
  return parseEndpointUrl(url).origin;
}

/** The URL as it may be shown and logged: a query may hold a key, so it stays out. */
export function displayUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
