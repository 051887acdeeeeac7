import { ALL_ENDPOINTS, ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { openApiDocument } from "../../api/openapi.ts";
import { VERSION } from "../../core/version.ts";
import { docsPage } from "./docs-page.ts";
import { openRoute, type Route } from "./route.ts";

/** The API's own description. It needs no credential: it says nothing about what an installation holds. */
export function metaRoutes(): Route[] {
  const document = once(() => openApiDocument(ALL_ENDPOINTS, VERSION));
  const page = once(() => docsPage(document()));
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  };
  return [
    openRoute(ENDPOINTS.meta.openapi, async () => document()),
    openRoute(ENDPOINTS.meta.docs, async () => new Response(page(), { headers })),
  ];
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
