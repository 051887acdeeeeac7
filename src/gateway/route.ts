import { type Refusal, refuse } from "./refusal.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** A route over which MCP is spoken. */
export type McpRoute =
  | { readonly kind: "project"; readonly project: string | undefined }
  /** With a project: the server as a part of it. */
  | { readonly kind: "server"; readonly server: string; readonly project: string | undefined; readonly manager?: true }
  | PairRoute;

/** The two ends of the HTTP+SSE transport of 2024-11-05: a stream to read, and where to post. */
export interface PairRoute {
  readonly kind: "pair";
  readonly project: string | undefined;
}

/** Where a request wants to go. */
export type Route =
  | McpRoute
  /** The servers that the caller may view, on the manager's routes. */
  | { readonly kind: "servers"; readonly project?: undefined; readonly manager: true }
  | { readonly kind: "health"; readonly probe: "live" | "ready" | "about" };

const PROJECT_METHODS = ["POST", "GET", "DELETE"];
const SERVER_METHODS = ["POST", "DELETE"];
const HEALTH_METHODS = ["GET", "HEAD"];
const PAIR_METHODS = new Map([
  ["sse", ["GET"]],
  ["messages", ["POST"]],
]);

/** What `GET` of the manager's routes calls the list; a server may have this name too. */
const LIST = "servers";

const HEALTH: Readonly<Record<string, "live" | "ready" | "about">> = {
  "/": "about",
  "/health": "live",
  "/healthz": "live",
  "/readyz": "ready",
};

const SERVER_OF_PROJECT = /^\/api\/v1\/projects\/([^/]+)\/servers\/([^/]+)\/mcp$/;

/** Whether a path of mcpd's own API is the gateway's: a server of a project, carried out beside mcpd for gateways apart from it. */
export function isServerOfProject(path: string): boolean {
  return SERVER_OF_PROJECT.test(path);
}

/**
 * Finds the route: 404 where there is none or it is switched off, 405 with Allow where it has not this method. Nothing is
 * looked up. A route without streams of its own is still where a client comes back to the stream of a call (`resumes`).
 */
export function matchRoute(routes: RoutePolicy, method: string, path: string, resumes = false): Route | Refusal {
  const [route, methods] = routeOf(routes, path, method);
  if (route === undefined) return refuse("not_found", "There is nothing at this path");
  if (!methods.includes(method) && !(resumes && method === "GET" && route.kind === "server")) {
    return refuse("method_not_allowed", `${method.slice(0, 20)} is not a method of this path`, { allow: methods.join(", ") });
  }
  return route;
}

type Found = readonly [Route, readonly string[]] | readonly [undefined, readonly string[]];

const NOTHING: Found = [undefined, []];

function routeOf({ manager, api }: RoutePolicy, path: string, method: string): Found {
  if (path === "/mcp") return [{ kind: "project", project: undefined }, PROJECT_METHODS];
  const ofPair = PAIR_METHODS.get(path.slice(1));
  if (ofPair !== undefined) return [{ kind: "pair", project: undefined }, ofPair];
  const probe = HEALTH[path];
  if (probe !== undefined) return [{ kind: "health", probe }, HEALTH_METHODS];
  if (path.startsWith("/projects/")) return projectRoute(path);
  const ofApi = lastPart(path, api);
  if (ofApi !== undefined) return [{ kind: "server", server: ofApi, project: undefined }, SERVER_METHODS];
  const ofManager = lastPart(path, manager);
  if (ofManager !== undefined) return managerRoute(ofManager, method);
  const [, project, server] = SERVER_OF_PROJECT.exec(path) ?? [];
  if (project !== undefined && server !== undefined) return [{ kind: "server", server, project }, PROJECT_METHODS];
  return NOTHING;
}

function projectRoute(path: string): Found {
  const parts = path.split("/");
  const [, , project = "", end = ""] = parts;
  if (parts.length !== 4 || project === "") return NOTHING;
  if (end === "mcp") return [{ kind: "project", project }, PROJECT_METHODS];
  const ofPair = PAIR_METHODS.get(end);
  return ofPair === undefined ? NOTHING : [{ kind: "pair", project }, ofPair];
}

function managerRoute(server: string, method: string): Found {
  if (server !== LIST) return [{ kind: "server", server, project: undefined, manager: true }, SERVER_METHODS];
  const route =
    method === "GET"
      ? ({ kind: "servers", manager: true } as const)
      : ({ kind: "server", server, project: undefined, manager: true } as const);
  return [route, ["GET", ...SERVER_METHODS]];
}

/** What follows the prefix, where it is one part of the path. */
function lastPart(path: string, prefix: string | undefined): string | undefined {
  if (prefix === undefined || !path.startsWith(prefix)) return undefined;
  const part = path.slice(prefix.length);
  return part === "" || part.includes("/") ? undefined : part;
}
