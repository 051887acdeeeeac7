import { expect, test } from "bun:test";
import fc from "fast-check";
import { isServerOfProject, matchRoute } from "./route.ts";

test("each route is found by its path and method", () => {
  expect(matchRoute("POST", "/projects/demo/mcp")).toEqual({ kind: "project", project: "demo" });
  expect(matchRoute("GET", "/mcp")).toEqual({ kind: "project", project: undefined });
  expect(matchRoute("POST", "/api/v1/mcp/content")).toEqual({ kind: "server", server: "content", project: undefined });
  expect(matchRoute("POST", "/api/v1/projects/demo/servers/content/mcp")).toEqual({ kind: "server", server: "content", project: "demo" });
  expect(matchRoute("GET", "/healthz")).toEqual({ kind: "health", probe: "live" });
});

test("a wrong method is 405 and names the methods that are right", () => {
  expect(matchRoute("PUT", "/projects/demo/mcp")).toMatchObject({ status: 405, headers: { allow: "POST, GET, DELETE" } });
  expect(matchRoute("GET", "/api/v1/mcp/content")).toMatchObject({ status: 405, headers: { allow: "POST, DELETE" } });
  expect(matchRoute("POST", "/healthz")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
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
    "/MCP",
    "",
  ]) {
    expect(matchRoute("POST", path)).toMatchObject({ status: 404, code: "not_found" });
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
      const found = matchRoute(method, path);
      expect(found.kind === "refusal" || path === "/" || /^\/(mcp|health|healthz|readyz|projects|api)/.test(path)).toBe(true);
    }),
  );
});
