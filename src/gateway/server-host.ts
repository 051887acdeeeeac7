import type { ServerDefinition } from "../api/server-definition.ts";
import type { ServerCatalog } from "./catalog/server-catalog.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** A server as this gateway holds it: its connection, and what it offers. */
export interface ServerHost {
  readonly handle: string;
  readonly definition: ServerDefinition;
  readonly upstream: Upstream;
  readonly catalog: ServerCatalog;
}
