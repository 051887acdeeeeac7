import { z } from "zod";
import { defineEndpoint } from "../endpoint.ts";
import { noBody, noQuery } from "../fields.ts";

const open = { credential: "none", method: "GET", status: 200, query: noQuery, body: noBody } as const;

/** The API about itself. */
export const meta = {
  openapi: defineEndpoint({
    ...open,
    name: "meta.openapi",
    path: "/api/v1/openapi.json",
    summary: "This API as an OpenAPI 3.1 document",
    reply: z.record(z.string(), z.unknown()),
  }),
  docs: defineEndpoint({
    ...open,
    name: "meta.docs",
    path: "/api/v1/docs",
    summary: "This API as a page to read",
    reply: z.string(),
  }),
};
