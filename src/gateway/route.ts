import { type Refusal, refuse } from "./refusal.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** A route over which MCP is spoken. */
export type McpRoute =
  | { readonly kind: "project"; readonly project: string | undefined; readonly dispatch?: true; readonly tasks?: TasksRoute }
  /** With a project: the server as a part of it. */
  | {
      readonly kind: "server";
      readonly server: string;
      readonly project: string | undefined;
      readonly manager?: true;
      /** Calls are dispatched there, and no MCP is spoken. */
      readonly dispatch?: true;
      readonly tasks?: TasksRoute;
    }
  | PairRoute;

/** The two ends of the HTTP+SSE transport of 2024-11-05: a stream to read, and where to post. */
export interface PairRoute {
  readonly kind: "pair";
  readonly project: string | undefined;
}

/** Tasks of dispatched calls, and no MCP: all of them, one, or one that is to be canceled. */
export interface TasksRoute {
  readonly id: string | undefined;
  readonly cancel: boolean;
}

/** Where a request wants to go. */
export type Route =
  | McpRoute
  /** The servers that the caller may view, on the manager's routes. */
  | { readonly kind: "servers"; readonly project?: undefined; readonly manager: true }
  | { readonly kind: "health"; readonly probe: "live" | "ready" | "about" };

const PROJECT_METHODS = ["POST", "GET", "DELETE"];
const SERVER_METHODS = ["POST", "DELETE"];
const DISPATCH_METHODS = ["POST"];
const TASK_METHODS = ["GET"];
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
  const isResumed = resumes && method === "GET" && route.kind === "server" && route.dispatch !== true && route.tasks === undefined;
  if (!methods.includes(method) && !isResumed) {
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
  const ofApi = partsAfter(path, api);
  if (ofApi !== undefined) return serverRoute({ kind: "server", server: ofApi.server, project: undefined }, ofApi);
  const ofManager = partsAfter(path, manager);
  if (ofManager !== undefined) return managerRoute(ofManager, method);
  const [, project, server] = SERVER_OF_PROJECT.exec(path) ?? [];
  if (project !== undefined && server !== undefined) return [{ kind: "server", server, project }, PROJECT_METHODS];
  return NOTHING;
}

function projectRoute(path: string): Found {
  const parts = path.split("/");
  const [, , project = "", end = ""] = parts;
  if (project === "") return NOTHING;
  const tasks = tasksAfter(parts.slice(3));
  if (tasks !== undefined) return [{ kind: "project", project, tasks }, methodsOf(tasks)];
  if (parts.length !== 4) return NOTHING;
  if (end === "mcp") return [{ kind: "project", project }, PROJECT_METHODS];
  if (end === DISPATCH) return [{ kind: "project", project, dispatch: true }, DISPATCH_METHODS];
  const ofPair = PAIR_METHODS.get(end);
  return ofPair === undefined ? NOTHING : [{ kind: "pair", project }, ofPair];
}

function managerRoute(parts: ServerPath, method: string): Found {
  const { server, dispatch, tasks } = parts;
  const route = { kind: "server", server, project: undefined, manager: true } as const;
  if (server !== LIST || dispatch || tasks !== undefined) return serverRoute(route, parts);
  return [method === "GET" ? { kind: "servers", manager: true } : route, ["GET", ...SERVER_METHODS]];
}

function serverRoute(route: McpRoute & { kind: "server" }, { dispatch, tasks }: ServerPath): Found {
  if (tasks !== undefined) return [{ ...route, tasks }, methodsOf(tasks)];
  return dispatch ? [{ ...route, dispatch: true }, DISPATCH_METHODS] : [route, SERVER_METHODS];
}

interface ServerPath {
  readonly server: string;
  readonly dispatch: boolean;
  readonly tasks: TasksRoute | undefined;
}

const DISPATCH = "dispatch";

const TASKS = "tasks";
const CANCEL = "cancel";

/** `tasks`, `tasks/ID` or `tasks/ID/cancel`. */
function tasksAfter([first, id, last, ...more]: readonly string[]): TasksRoute | undefined {
  if (first !== TASKS || id === "" || more.length > 0 || (last !== undefined && last !== CANCEL)) return undefined;
  return { id, cancel: last !== undefined };
}

function methodsOf({ cancel }: TasksRoute): readonly string[] {
  return cancel ? DISPATCH_METHODS : TASK_METHODS;
}

/** What follows the prefix, where it is a server, or a server and the word `dispatch` or its tasks. */
function partsAfter(path: string, prefix: string | undefined): ServerPath | undefined {
  if (prefix === undefined || !path.startsWith(prefix)) return undefined;
  const [server = "", last, ...more] = path.slice(prefix.length).split("/");
  const tasks = last === undefined ? undefined : tasksAfter([last, ...more]);
  if (server !== "" && tasks !== undefined) return { server, dispatch: false, tasks };
  if (server === "" || more.length > 0 || (last !== undefined && last !== DISPATCH)) return undefined;
  return { server, dispatch: last !== undefined, tasks: undefined };
}
