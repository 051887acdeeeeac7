import { type AccessVerdict, type Caller, decideAccess, describeCaller } from "../../core/caller.ts";
import { matchesAnyGlob } from "../../core/glob.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { splitAdvertised } from "../catalog/advertised-name.ts";
import type { Target, View } from "../catalog/view.ts";
import type { GatewayPolicy } from "../policy/gateway-policy.ts";
import type { ScopeMap } from "../policy/scope-map.ts";
import { scopesAt } from "../policy/scopes-at.ts";
import { isRefusal, type Refusal, refuse, refuseByBindings } from "../refusal.ts";
import type { ServerHost } from "../server-host.ts";
import type { ServedProject } from "../serving/served-project.ts";
import { type MethodAccess, methodAccess } from "./method-access.ts";

/** What a route leads to: all servers of a project, or one server, seen from a project where the caller has one. */
export type Place =
  | { readonly kind: "project"; readonly project: ServedProject }
  | { readonly kind: "server"; readonly host: ServerHost; readonly view: View; readonly project: ServedProject | undefined };

/** What the configuration says of access. */
export type AccessRules = Pick<GatewayPolicy, "scopes" | "allowServers">;

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
export function authorizeRequest(rules: AccessRules, caller: Caller, place: Place, request: RequestEnvelope): Admitted | Refusal {
  const access = methodAccess(request.method);
  if (access === undefined || place.kind === "server") {
    const refused = refuseByScope(rules, caller, place, request.method);
    if (refused !== undefined) return refused;
  }
  if (access === undefined) return admit(wholeView(place));
  const asked: Asked = { rules, caller, access, request };
  return place.kind === "server" ? onServer(asked, place) : onProject(asked, place.project);
}

/** 403 where the credential has not the scope that a method takes on this route. */
export function refuseByScope({ scopes }: AccessRules, caller: Caller, place: Place, method: string): Refusal | undefined {
  return refuseScope(caller, place.kind === "server" ? scopesAt(place.host, scopes) : scopes, method);
}

function refuseScope(caller: Caller, scopes: ScopeMap, method: string): Refusal | undefined {
  const scope = scopes(method);
  if (scope === undefined || caller.scopes.has(scope)) return undefined;
  return refuse("scope_denied", `${describeCaller(caller.principal)} has not the scope ${scope}, which ${method.slice(0, 100)} takes`);
}

/** A request with what it is judged by. */
interface Asked {
  readonly rules: AccessRules;
  readonly caller: Caller;
  readonly access: MethodAccess;
  readonly request: RequestEnvelope;
}

function wholeView(place: Place): View {
  return place.kind === "server" ? place.view : place.project.view;
}

/** That the caller may view the server is known: the route was opened for them. */
function onServer(asked: Asked, place: Place & { kind: "server" }): Admitted | Refusal {
  const { host, view, project } = place;
  const { access, request } = asked;
  if (access.verb !== "view") {
    const verdict = decideServer(asked, host.handle, project?.name);
    if (!verdict.allowed) return refusalOf(verdict);
  }
  // Lists are kept here, so that listing is no call to the server.
  if (access.aims === "at all") return admit(view);
  const name = textOf(request.params.name);
  return admit(view, access.aims === "by tool" ? view.named("tools", name) : { host, own: name });
}

function onProject(asked: Asked, project: ServedProject): Admitted | Refusal {
  const { rules, caller, access, request } = asked;
  const name = access.aims === "at all" ? undefined : aimedName(access, request);
  const handle = name === undefined ? undefined : splitAdvertised(name)?.server;
  if (name !== undefined && handle !== undefined) {
    const host = project.hosts.find((each) => each.handle === handle);
    const refused = refuseScope(caller, host === undefined ? rules.scopes : scopesAt(host, rules.scopes), request.method);
    if (refused !== undefined) return refused;
    const verdict = decideServer(asked, handle, project.name);
    if (!verdict.allowed) return refusalOf(verdict);
    // Who may run a server without viewing it does not see it in any list.
    const view = access.verb === "run" ? project.view : project.viewFor(caller);
    return admit(view, view.named(access.aims === "by tool" ? "tools" : "prompts", name));
  }
  // The names of the project's own prompts lead to no server, and what has no name of a server is unknown to all.
  if (name !== undefined) return refuseScope(caller, rules.scopes, request.method) ?? admit(project.viewFor(caller));
  return amongVisible(asked, project);
}

/** Lists, and resources, whose URIs name no server: only the servers that the caller may view, and may ask this, take part. */
function amongVisible({ rules, caller, request, access }: Asked, project: ServedProject): Admitted | Refusal {
  const admitted = hostsOpenTo(rules, caller, project.hosts, request.method);
  if (isRefusal(admitted)) return admitted;
  const sight = project.sightOf(caller);
  const onlyPrompts = request.method === "prompts/list" && sight.seesPrompt;
  if (project.handles.length > 0 && !sight.seesServer && !onlyPrompts) return nothingVisible(caller, project, sight.capped);
  const view = project.viewFor(caller, admitted);
  if (access.aims === "at all") return admit(view);
  const uri = request.params.uri ?? (request.params.ref as { uri?: unknown } | null | undefined)?.uri;
  return admit(view, typeof uri === "string" ? view.resource(uri)[0] : undefined);
}

/** Of servers with a scope map of their own those whose map admits the caller; undefined: all. Refuses where it is none. */
function hostsOpenTo(
  { scopes }: AccessRules,
  caller: Caller,
  hosts: readonly ServerHost[],
  method: string,
): ReadonlySet<ServerHost> | Refusal | undefined {
  const refused = refuseScope(caller, scopes, method);
  if (hosts.every(({ definition }) => definition.policy.scopes === undefined)) return refused;
  const open = hosts.filter((host) => refuseScope(caller, scopesAt(host, scopes), method) === undefined);
  if (open.length === 0) return refused ?? refuseScope(caller, scopesAt(hosts[0] as ServerHost, scopes), method);
  return open.length === hosts.length ? undefined : new Set(open);
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

function decideServer({ rules, caller, access: { verb } }: Asked, name: string, project: string | undefined): AccessVerdict {
  return requireServed(rules, name, decideAccess(caller, { verb, resource: "servers", name }, project));
}

/** The verdict, unless the configuration does not let this server be served. */
export function requireServed({ allowServers }: Pick<AccessRules, "allowServers">, handle: string, verdict: AccessVerdict): AccessVerdict {
  if (!verdict.allowed || matchesAnyGlob(allowServers, handle)) return verdict;
  return { allowed: false, code: "server_denied", message: `The configuration of this gateway does not serve ${handle.slice(0, 64)}` };
}

/** A verdict of the one access function, as it goes out. */
export function refusalOf(verdict: AccessVerdict & { allowed: false }): Refusal {
  return verdict.code === "forbidden" ? refuseByBindings(verdict.message) : refuse(verdict.code, verdict.message);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
