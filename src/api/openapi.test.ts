import { expect, test } from "bun:test";
import { ALL_ENDPOINTS } from "./endpoints/endpoints.ts";
import { openApiDocument } from "./openapi.ts";

type Operation = {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: object;
  responses: Record<string, object>;
  security?: object[];
};
const document = openApiDocument(ALL_ENDPOINTS, "1.2.3") as { openapi: string; paths: Record<string, Record<string, Operation>> };
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

test("the document has every endpoint once, and no other", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(ALL_ENDPOINTS.map(({ name }) => name).sort());
});

test("an endpoint is told by its method and path alone", () => {
  const keys = ALL_ENDPOINTS.map(({ method, path }) => `${method} ${path.replaceAll(/:[a-zA-Z]+/g, ":")}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test("what is behind a colon in a path is a parameter", () => {
  for (const { path, parameters = [] } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((each) => each.in === "path").map((each) => each.name)).toEqual(named as string[]);
  }
});

test("a change says what its body is, and everything that is not open says that it takes a bearer", () => {
  const create = operations.find(({ operationId }) => operationId === "projects.create");
  expect(create?.requestBody).toMatchObject({ content: { "application/json": { schema: { properties: { name: { type: "string" } } } } } });
  for (const endpoint of ALL_ENDPOINTS) {
    const operation = operations.find(({ operationId }) => operationId === endpoint.name);
    expect(operation?.security === undefined).toBe(endpoint.credential === "none");
    expect(Object.keys(operation?.responses ?? {})).toContain(String(endpoint.status));
  }
});
