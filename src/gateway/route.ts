import { type Refusal, refuse } from "./refusal.ts";

/** Where a request wants to go. */
export type Route =
  | { readonly kind: "project"; readonly project: string | undefined }
  /** With a project: the server as a part of it. */
  | { readonly kind: "server"; readonly server: string; readonly project: string | undefined }
  | { readonly kind: "health"; readonly probe: "live" | "ready" | "about" };

const PROJECT_METHODS = ["POST", "GET", "DELETE"];
const SERVER_METHODS = ["POST", "DELETE"];
const HEALTH_METHODS = ["GET", "HEAD"];

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

/** Finds the route: 404 where there is none, 405 with Allow where it has not this method. Nothing is looked up. */
export function matchRoute(method: string, path: string): Route | Refusal {
  const [route, methods] = routeOf(path);
  if (route === undefined) return refuse("not_found", "There is nothing at this path");
  if (!methods.includes(method)) {
    return refuse("method_not_allowed", `${method.slice(0, 20)} is not a method of this path`, { allow: methods.join(", ") });
  }
  return route;
}

function routeOf(path: string): [Route, readonly string[]] | [undefined, readonly string[]] {
  if (path === "/mcp") return [{ kind: "project", project: undefined }, PROJECT_METHODS];
  const probe = HEALTH[path];
  if (probe !== undefined) return [{ kind: "health", probe }, HEALTH_METHODS];
  const parts = path.split("/");
  if (parts.length === 4 && parts[1] === "projects" && parts[3] === "mcp" && parts[2] !== "") {
    return [{ kind: "project", project: parts[2] }, PROJECT_METHODS];
  }
  if (path.startsWith("/api/v1/mcp/") && parts.length === 5 && parts[4] !== undefined && parts[4] !== "") {
    return [{ kind: "server", server: parts[4], project: undefined }, SERVER_METHODS];
  }
  const [, project, server] = SERVER_OF_PROJECT.exec(path) ?? [];
  if (project !== undefined && server !== undefined) return [{ kind: "server", server, project }, SERVER_METHODS];
  return [undefined, []];
}
