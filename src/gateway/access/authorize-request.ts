import { type AccessVerdict, type Caller, decideAccess, describeCaller } from "../../core/caller.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { splitAdvertised } from "../catalog/advertised-name.ts";
import type { Target, View } from "../catalog/view.ts";
import { type Refusal, refuse, refuseByBindings } from "../refusal.ts";
import type { ServerHost } from "../server-host.ts";
import type { ServedProject } from "../serving/served-project.ts";
import { type MethodAccess, methodAccess } from "./method-access.ts";

/** What a route leads to: all servers of a project, or one server, seen from a project where the caller has one. */
export type Place =
  | { readonly kind: "project"; readonly project: ServedProject }
  | { readonly kind: "server"; readonly host: ServerHost; readonly view: View; readonly project: ServedProject | undefined };

/** A request that may be carried out, in this view and no other. */
export interface Admitted {
  readonly kind: "admitted";
  readonly view: View;
  /** What it is about, under the server's own name for it; undefined where it is about many or none. */
  readonly target: Target | undefined;
}

/** A request that asks for nothing that rights are about, or what does not exist: `execute` answers it. */
const admit = (view: View, target?: Target): Admitted => ({ kind: "admitted", view, target });

/**
 * The one place where an MCP request meets the caller's rights: scope, then bindings and allowed servers.
 *
 * A server is judged by the handle that its name leads to, before it is looked up: who may not use it is told the
 * same of one that does not exist.
 */
export function authorizeRequest(caller: Caller, place: Place, request: RequestEnvelope): Admitted | Refusal {
  const access = methodAccess(request.method);
  if (access === undefined) return admit(wholeView(place));
  if (!caller.scopes.has(access.scope)) {
    return refuse("scope_denied", `${describeCaller(caller.principal)} has not the scope ${access.scope}, which ${request.method} takes`);
  }
  return place.kind === "server" ? onServer(caller, place, access, request) : onProject(caller, place.project, access, request);
}

function wholeView(place: Place): View {
  return place.kind === "server" ? place.view : place.project.view;
}

/** That the caller may view the server is known: the route was opened for them. */
function onServer(caller: Caller, place: Place & { kind: "server" }, access: MethodAccess, request: RequestEnvelope): Admitted | Refusal {
  const { host, view, project } = place;
  if (access.verb !== "view") {
    const verdict = decideServer(caller, access, host.handle, project?.name);
    if (!verdict.allowed) return refusalOf(verdict);
  }
  // Lists are kept here, so that listing is no call to the server.
  return admit(view, access.aims === "at all" ? undefined : { host, own: textOf(request.params.name) });
}

function onProject(caller: Caller, project: ServedProject, access: MethodAccess, request: RequestEnvelope): Admitted | Refusal {
  const name = access.aims === "at all" ? undefined : aimedName(access, request);
  const handle = name === undefined ? undefined : splitAdvertised(name)?.server;
  if (name !== undefined && handle !== undefined) {
    const verdict = decideServer(caller, access, handle, project.name);
    if (!verdict.allowed) return refusalOf(verdict);
    // Who may run a server without viewing it does not see it in any list.
    const view = access.verb === "run" ? project.view : project.viewFor(caller);
    return admit(view, view.named(access.aims === "by tool" ? "tools" : "prompts", name));
  }
  // The names of the project's own prompts lead to no server, and what has no name of a server is unknown to all.
  if (name !== undefined) return admit(project.viewFor(caller));
  return amongVisible(caller, project, request, access);
}

/** Lists, and resources, whose URIs name no server: only the servers that the caller may view take part. */
function amongVisible(caller: Caller, project: ServedProject, request: RequestEnvelope, { aims }: MethodAccess): Admitted | Refusal {
  const sight = project.sightOf(caller);
  const onlyPrompts = request.method === "prompts/list" && sight.seesPrompt;
  if (project.handles.length > 0 && !sight.seesServer && !onlyPrompts) return nothingVisible(caller, project, sight.capped);
  const view = project.viewFor(caller);
  if (aims === "at all") return admit(view);
  const uri = request.params.uri ?? (request.params.ref as { uri?: unknown } | null | undefined)?.uri;
  return admit(view, typeof uri === "string" ? view.resource(uri)[0] : undefined);
}

function nothingVisible({ principal }: Caller, { name }: ServedProject, capped: boolean): Refusal {
  const who = describeCaller(principal);
  if (capped) return refuse("server_denied", `The credential of ${who} opens none of the servers of project ${name}`);
  return refuseByBindings(`${who} may view none of the servers of project ${name}`);
}

/** The name in the message that may hold the handle of a server; undefined where it is about URIs. */
function aimedName({ aims }: MethodAccess, { params }: RequestEnvelope): string | undefined {
  if (aims === "by tool" || aims === "by prompt") return textOf(params.name);
  if (aims === "by uri") return undefined;
  const ref = params.ref as { type?: unknown; name?: unknown } | null | undefined;
  return ref?.type === "ref/prompt" ? textOf(ref.name) : undefined;
}

function decideServer(caller: Caller, { verb }: MethodAccess, name: string, project: string | undefined): AccessVerdict {
  return decideAccess(caller, { verb, resource: "servers", name }, project);
}

/** A verdict of the one access function, as it goes out. */
export function refusalOf(verdict: AccessVerdict & { allowed: false }): Refusal {
  return verdict.code === "forbidden" ? refuseByBindings(verdict.message) : refuse(verdict.code, verdict.message);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
