import { z } from "zod";
import type { AnyEndpoint } from "./endpoint.ts";

type Json = Readonly<Record<string, unknown>>;

/** Statuses that an endpoint may refuse with, beside those that any may. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: "A field is not what the schema allows; the message names it",
  401: "No credential, or one that opens nothing",
  403: "The credential may not do this",
  404: "There is no such thing",
  409: "The state does not allow it: a name is taken, something is in use",
  412: "If-Match names another version than there is now",
  429: "Too often; Retry-After says when to try again",
};

/** The OpenAPI 3.1 document of these endpoints, made from their schemas. */
export function openApiDocument(endpoints: readonly AnyEndpoint[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:([a-zA-Z]+)/g, "{$1}");
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "mcpd", version, description: "The control plane of mcpctl: who may do what, with which servers." },
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "A session, an McpToken, a JWT or a gateway's key" } },
      schemas: { Error: ERROR },
    },
  };
}

const ERROR: Json = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "trace_id"],
      properties: Object.fromEntries(["code", "message", "trace_id", "reason", "hint"].map((name) => [name, { type: "string" }])),
    },
  },
};

function operationOf(endpoint: AnyEndpoint): Json {
  const params = [...endpoint.path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const ifMatch = endpoint.method === "PATCH" || endpoint.method === "DELETE" ? [IF_MATCH] : [];
  const parameters = [...params, ...queryParameters(endpoint), ...ifMatch];
  return {
    operationId: endpoint.name,
    tags: [endpoint.name.split(".")[0]],
    summary: endpoint.summary,
    ...(endpoint.credential === "none" ? {} : { security: [{ bearer: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.body.type === "undefined"
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(endpoint.body, "input") } } } }),
    responses: { [endpoint.status]: replyOf(endpoint), ...refusalsOf(endpoint) },
  };
}

const IF_MATCH: Json = {
  name: "If-Match",
  in: "header",
  required: false,
  description: "The ETag of the version that the change is meant for",
  schema: { type: "string" },
};

function queryParameters(endpoint: AnyEndpoint): Json[] {
  const { properties = {}, required = [] } = schemaOf(endpoint.query, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema }));
}

function replyOf(endpoint: AnyEndpoint): Json {
  if (endpoint.status === 204) return { description: "Done" };
  const type = endpoint.stream === true ? "text/event-stream" : endpoint.reply.type === "string" ? "text/html" : "application/json";
  return { description: "Done", content: { [type]: { schema: schemaOf(endpoint.reply, "output") } } };
}

function refusalsOf(endpoint: AnyEndpoint): Json {
  const statuses = [
    400,
    ...(endpoint.credential === "none" ? [] : [401, 403]),
    ...(endpoint.path.includes(":") ? [404] : []),
    ...(endpoint.method === "GET" ? [] : [409]),
    ...(endpoint.method === "PATCH" || endpoint.method === "DELETE" ? [412] : []),
    429,
  ];
  const content = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: REFUSALS[status], content }]));
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
