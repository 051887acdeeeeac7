import { expect, test } from "bun:test";
import { ALL_ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { AppError } from "../../core/app-error.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { createApi } from "./create-api.ts";
import { docsPage } from "./docs-page.ts";
import { metaRoutes } from "./meta-routes.ts";

const api = createApi({
  edge: edgePolicyFor("127.0.0.1"),
  ready: () => true,
  newTraceId: () => "trace",
  authenticate: async () => {
    throw new AppError("unauthenticated", "BEARER_REQUIRED", "Bearer token required");
  },
  routes: metaRoutes(),
  audit: { record: () => {} },
  clock: { now: () => new Date(0) },
  onFailure: () => {},
});

const get = async (path: string) => api.fetch(new Request(`http://127.0.0.1:3100${path}`, { headers: { host: "127.0.0.1:3100" } }));

test("the API describes itself to anybody, as a document for programs", async () => {
  const response = await get("/api/v1/openapi.json");
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  const { openapi, paths } = (await response.json()) as { openapi: string; paths: Record<string, object> };
  expect(openapi).toBe("3.1.0");
  expect(Object.values(paths).flatMap(Object.keys)).toHaveLength(ALL_ENDPOINTS.length);
});

test("the API describes itself to anybody, as a page that loads nothing and runs no script", async () => {
  const response = await get("/api/v1/docs");
  const page = await response.text();
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(response.headers.get("content-security-policy")).toStartWith("default-src 'none'");
  for (const { summary } of ALL_ENDPOINTS) expect(page).toContain(summary.replaceAll("&", "&amp;").replaceAll('"', "&quot;"));
  expect(page).not.toMatch(/<script|src=|https?:\/\//);
});

test("what stands in the document is shown as text", () => {
  const operation = { operationId: "x.y", summary: "<img src=x>", tags: ["<b>"], responses: { 200: { description: "a & b" } } };
  const page = docsPage({ info: { title: "t", version: "1", description: "" }, paths: { "/a": { get: operation } } });
  expect(page).toContain("&lt;img src=x&gt;");
  expect(page).toContain("a &amp; b");
  expect(page).not.toContain("<img");
});
