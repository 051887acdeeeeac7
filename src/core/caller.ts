import { AppError } from "./app-error.ts";
import {
  type AccessRequest,
  coversBinding,
  type Decision,
  formatBinding,
  includesName,
  type Resource,
  type Rights,
  type Role,
  type RoleBinding,
} from "./permission.ts";

/** Who calls. Always an explicit argument, never a global. */
export type Principal =
  | { readonly kind: "user"; readonly id: string; readonly name: string; readonly email?: string | undefined }
  | {
      readonly kind: "token";
      readonly id: string;
      readonly name: string;
      /** SHA-256 of the raw token in hex. */
      readonly sha: string;
      /** The name of the one project that it opens. */
      readonly project: string;
      readonly ownerId: string;
      /** The owner's user name. */
      readonly owner: string;
    }
  /** A JWT of ours or of a trusted issuer; `userId` where it maps to a user, `project` where it opens that one alone. */
  | {
      readonly kind: "jwt";
      readonly id: string;
      readonly name: string;
      readonly userId?: string | undefined;
      readonly project?: string | undefined;
    }
  /** An enrolled gateway, speaking for itself. */
  | { readonly kind: "gateway"; readonly id: string; readonly name: string }
  /** This installation itself, such as a command on its own machine: it may do everything. */
  | { readonly kind: "system"; readonly id: string };

/** A cap that a credential carries. */
export const SCOPES = ["mcp:read", "mcp:call", "mcp:admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** A principal with what it may do now. */
export interface Caller {
  readonly principal: Principal;
  readonly rights: Rights;
  readonly scopes: ReadonlySet<Scope>;
  /** Handles of the only servers that the credential opens; undefined: no such cap. */
  readonly allowServers?: readonly string[] | undefined;
}

export type AccessVerdict =
  | { readonly allowed: true; readonly decision: Decision & { readonly allowed: true } }
  | {
      readonly allowed: false;
      readonly code: "forbidden" | "server_denied";
      readonly message: string;
      /** What would help, where a role binding would. */
      readonly hint?: string;
    };

/**
 * The one access decision, after the credential was found valid: project bound, bindings, allowed servers.
 *
 * `project` is the project in the path, where there is one; a token reaches its own alone.
 */
export function decideAccess(caller: Caller, request: AccessRequest, project?: string): AccessVerdict {
  const { principal, rights, allowServers } = caller;
  const own = ownProject(principal);
  if (own !== undefined && project !== undefined && project !== own) {
    return { allowed: false, code: "forbidden", message: "The token does not belong to this project" };
  }
  const decision = rights.decide(request);
  if (!decision.allowed) {
    const message = `${describeCaller(principal)} may not ${describeRequest(request)}`;
    return { allowed: false, code: "forbidden", message, hint: `it takes a role binding with ${formatRequest(request)}` };
  }
  const server = "action" in request || request.resource !== "servers" ? undefined : request.name;
  if (allowServers !== undefined && server !== undefined && !allowServers.includes(server)) {
    return { allowed: false, code: "server_denied", message: `The credential does not open the server ${server}` };
  }
  return { allowed: true, decision };
}

/** The one project that a principal is bound to; undefined: it is bound to none. */
export function ownProject(principal: Principal): string | undefined {
  return "project" in principal ? principal.project : undefined;
}

/** Throws `denied`/`PERMISSION_DENIED`; its hint names what would be needed. */
export function requireAccess(caller: Caller, request: AccessRequest, project?: string): void {
  const verdict = decideAccess(caller, request, project);
  if (verdict.allowed) return;
  throw new AppError("denied", "PERMISSION_DENIED", verdict.message, verdict.hint === undefined ? {} : { hint: verdict.hint });
}

/** Whether the caller holds all that `binding` would give, within the servers that its credential opens. */
export function callerCovers({ rights, allowServers }: Caller, binding: RoleBinding): boolean {
  if (!coversBinding(rights, binding)) return false;
  if (allowServers === undefined || "action" in binding) return true;
  const { resource, name } = binding;
  if (resource !== "*" && resource !== "servers") return true;
  return name !== undefined && allowServers.includes(name);
}

/** Whether a list may show the one of this name. */
export function mayShow(caller: Caller, resource: Resource, verb: Role = "view"): (name: string) => boolean {
  const names = caller.rights.allowedNames(verb, resource);
  const cap = resource === "servers" ? caller.allowServers : undefined;
  return (name) => includesName(names, name) && (cap === undefined || cap.includes(name));
}

export function describeCaller(principal: Principal): string {
  switch (principal.kind) {
    case "user":
      return `User ${principal.name}`;
    case "token":
      return `Token ${principal.name}`;
    case "jwt":
      return `The bearer of this JWT (${principal.name})`;
    case "gateway":
      return `Gateway ${principal.name}`;
    case "system":
      return "The installation";
  }
}

function formatRequest(request: AccessRequest): string {
  if ("action" in request) return formatBinding(request);
  const { verb, resource, name } = request;
  return formatBinding({ role: verb, resource, name });
}

function describeRequest(request: AccessRequest): string {
  if ("action" in request) return `do '${request.action}'`;
  const { verb, resource, name } = request;
  return name === undefined ? `${verb} ${resource}` : `${verb} ${resource}/${name}`;
}
