import type { Scope } from "../scope.ts";

/** What a call is dispatched to: the server, or on a project's route the project; by their ids. */
export function targetOf({ project, server }: Pick<Scope, "project" | "server">): string {
  return server === undefined ? `project:${project ?? ""}` : `server:${server}`;
}
