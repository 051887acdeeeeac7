import { expect, test } from "bun:test";
import fc from "fast-check";
import { isServerOfProject, matchRoute } from "./route.ts";
import { DEFAULT_ROUTES, routePolicyOf } from "./route-policy.ts";

const match = (method: string, path: string) => matchRoute(DEFAULT_ROUTES, method, path);

test("each route is found by its path and method", () => {
  expect(match("POST", "/projects/demo/mcp")).toEqual({ kind: "project", project: "demo" });
  expect(match("GET", "/mcp")).toEqual({ kind: "project", project: undefined });
  expect(match("POST", "/api/v1/mcp/content")).toEqual({ kind: "server", server: "content", project: undefined });
  expect(match("POST", "/emcp/content")).toEqual({ kind: "server", server: "content", project: undefined, manager: true });
  expect(match("GET", "/emcp/servers")).toEqual({ kind: "servers", manager: true });
  expect(match("POST", "/api/v1/projects/demo/servers/content/mcp")).toEqual({ kind: "server", server: "content", project: "demo" });
  expect(match("GET", "/sse")).toEqual({ kind: "pair", project: undefined });
  expect(match("GET", "/projects/demo/sse")).toEqual({ kind: "pair", project: "demo" });
  expect(match("POST", "/messages")).toEqual({ kind: "pair", project: undefined });
  expect(match("POST", "/projects/demo/messages")).toEqual({ kind: "pair", project: "demo" });
  expect(match("GET", "/healthz")).toEqual({ kind: "health", probe: "live" });
});

test("calls are dispatched beside the routes of a project and of one server, by POST alone", () => {
  const server = { kind: "server", server: "content", project: undefined, dispatch: true } as const;
  expect(match("POST", "/projects/demo/dispatch")).toEqual({ kind: "project", project: "demo", dispatch: true });
  expect(match("POST", "/api/v1/mcp/content/dispatch")).toEqual(server);
  expect(match("POST", "/emcp/content/dispatch")).toEqual({ ...server, manager: true });
  for (const path of ["/projects/demo/dispatch", "/api/v1/mcp/content/dispatch", "/emcp/servers/dispatch"]) {
    for (const method of ["GET", "DELETE"])
      expect(matchRoute(DEFAULT_ROUTES, method, path, true)).toMatchObject({ status: 405, headers: { allow: "POST" } });
  }
  expect(match("POST", "/emcp/dispatch")).toMatchObject({ kind: "server", server: "dispatch" });
  for (const path of ["/mcp/dispatch", "/emcp/a/dispatch/b", "/emcp//dispatch", "/projects//dispatch", "/api/v1/mcp/a/dispatch/"])
    expect(match("POST", path)).toMatchObject({ status: 404 });
});

test("a wrong method is 405 and names the methods that are right", () => {
  expect(match("PUT", "/projects/demo/mcp")).toMatchObject({ status: 405, headers: { allow: "POST, GET, DELETE" } });
  expect(match("GET", "/api/v1/mcp/content")).toMatchObject({ status: 405, headers: { allow: "POST, DELETE" } });
  expect(match("GET", "/emcp/content")).toMatchObject({ status: 405, headers: { allow: "POST, DELETE" } });
  expect(match("GET", "/api/v1/projects/demo/servers/content/mcp")).toMatchObject({ kind: "server" });
  expect(match("PUT", "/emcp/servers")).toMatchObject({ status: 405, headers: { allow: "GET, POST, DELETE" } });
  expect(match("POST", "/healthz")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});

test("a client that comes back to a call's stream may do so where there are no other streams", () => {
  for (const path of ["/api/v1/mcp/content", "/emcp/content"]) {
    expect(matchRoute(DEFAULT_ROUTES, "GET", path, true)).toMatchObject({ kind: "server", server: "content" });
    expect(matchRoute(DEFAULT_ROUTES, "PUT", path, true)).toMatchObject({ status: 405 });
  }
});

test("a path that is nearly a route is 404", () => {
  for (const path of [
    "/projects//mcp",
    "/projects/demo/mcp/",
    "/projects/demo",
    "/api/v1/mcp/",
    "/api/v1/mcp",
    "/api/v1/mcp/a/b",
    "/api/v1/projects/demo/servers/content",
    "/api/v1/projects/demo/servers//mcp",
    "/api/v1/projects/demo/servers/a/b/mcp",
    "/api/v1/projects/demo/servers/content/mcp/",
    "/emcp",
    "/emcp/",
    "/emcp/a/b",
    "/EMCP/content",
    "/projects/demo/mcp/x",
    "/projects//messages",
    "/projects/demo/messages/",
    "/messages/x",
    "/SSE",
    "/MCP",
    "",
  ]) {
    expect(match("POST", path)).toMatchObject({ status: 404, code: "not_found" });
  }
});

test("of the paths of mcpd's API only a server of a project is the gateway's", () => {
  expect(isServerOfProject("/api/v1/projects/demo/servers/content/mcp")).toBe(true);
  for (const path of [
    "/api/v1/projects/demo/servers/content",
    "/api/v1/projects/demo/servers/content/mcp/",
    "/x/api/v1/projects/demo/servers/content/mcp",
    "/api/v1/projects/demo/servers/a/b/mcp",
    "/api/v1/mcp/content",
    "/projects/demo/mcp",
  ]) {
    expect(isServerOfProject(path)).toBe(false);
  }
});

test("no path or method makes it throw, and none but ours is a route", () => {
  fc.assert(
    fc.property(fc.webPath(), fc.constantFrom("GET", "POST", "DELETE", "PUT", "OPTIONS"), (path, method) => {
      const found = match(method, path);
      expect(found.kind === "refusal" || path === "/" || /^\/(mcp|emcp|health|healthz|readyz|projects|api)/.test(path)).toBe(true);
    }),
  );
});

const SETTINGS = { internal: true, api: true, managerPrefix: "emcp", apiBase: "/api", version: "v1" };

test("a server that is called as the manager's list is reached under that name", () => {
  expect(match("POST", "/emcp/servers")).toEqual({ kind: "server", server: "servers", project: undefined, manager: true });
});

test("a group of routes that is off is as if it were not there, and the others stay", () => {
  const paths = ["/emcp/content", "/api/v1/mcp/content", "/projects/demo/mcp", "/mcp", "/api/v1/projects/demo/servers/content/mcp"];
  const found = (settings: Partial<typeof SETTINGS>) => {
    const routes = routePolicyOf({ ...SETTINGS, ...settings });
    return paths.map((path) => matchRoute(routes, "POST", path).kind);
  };
  expect(found({})).toEqual(["server", "server", "project", "project", "server"]);
  expect(found({ api: false })).toEqual(["server", "refusal", "project", "project", "server"]);
  expect(found({ internal: false })).toEqual(["refusal", "server", "project", "project", "server"]);
  expect(matchRoute(routePolicyOf({ ...SETTINGS, internal: false }), "GET", "/emcp/servers")).toMatchObject({ status: 404 });
  expect(matchRoute(routePolicyOf({ ...SETTINGS, api: false }), "GET", "/api/v1/mcp/content")).toMatchObject({ status: 404 });
});

test("the prefix of the manager, the base of the API and its version are the installation's", () => {
  const routes = routePolicyOf({ ...SETTINGS, managerPrefix: "manage", apiBase: "", version: "2" });
  expect(matchRoute(routes, "POST", "/manage/content")).toMatchObject({ server: "content", manager: true });
  expect(matchRoute(routes, "POST", "/2/mcp/content")).toMatchObject({ server: "content" });
  for (const path of ["/emcp/content", "/api/v1/mcp/content"]) expect(matchRoute(routes, "POST", path)).toMatchObject({ status: 404 });
  const deep = routePolicyOf({ ...SETTINGS, apiBase: "/a/b" });
  expect(matchRoute(deep, "POST", "/a/b/v1/mcp/content")).toMatchObject({ server: "content" });
});
