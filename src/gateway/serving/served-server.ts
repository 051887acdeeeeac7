import type { View } from "../catalog/view.ts";
import type { ServerHost } from "../server-host.ts";

/** A server with the view that its own route gives. */
export interface ServedServer {
  readonly host: ServerHost;
  readonly view: View;
}
