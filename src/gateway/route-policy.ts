/** Which groups of routes there are, and where. Compiled, so that matching a path is a comparison of its beginning. */
export interface RoutePolicy {
  /** Before the name of a server on the manager's routes, as `/emcp/`; undefined: these routes are off. */
  readonly manager: string | undefined;
  /** The same on the routes of the API, as `/api/v1/mcp/`. */
  readonly api: string | undefined;
}

export interface RouteSettings {
  readonly internal: boolean;
  readonly api: boolean;
  /** One part of a path, without slashes. */
  readonly managerPrefix: string;
  /** Empty, or parts of a path with a slash before each. */
  readonly apiBase: string;
  /** One part of a path. */
  readonly version: string;
}

export function routePolicyOf({ internal, api, managerPrefix, apiBase, version }: RouteSettings): RoutePolicy {
  return { manager: internal ? `/${managerPrefix}/` : undefined, api: api ? `${apiBase}/${version}/mcp/` : undefined };
}

export const DEFAULT_ROUTES = routePolicyOf({ internal: true, api: true, managerPrefix: "emcp", apiBase: "/api", version: "v1" });

/** First parts of paths that are something else. */
export const TAKEN_PATHS: readonly string[] = [
  "mcp",
  "sse",
  "messages",
  "projects",
  "health",
  "healthz",
  "readyz",
  "metrics",
  ".well-known",
];
