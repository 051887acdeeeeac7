/**
 * Role bindings and what they allow: pure, and the same for REST, gateway and worker.
 *
 * It knows nothing of who somebody is (`caller.ts`) or where bindings are kept.
 */

/** What may be done with a resource. `edit` implies `view` and `run`; nothing else implies anything. */
export const ROLES = ["view", "create", "delete", "edit", "run"] as const;
export type Role = (typeof ROLES)[number];

/** The kinds of things that bindings are about; `*` in a binding stands for all of them. */
export const RESOURCES = [
  "servers",
  "projects",
  "services",
  "nodes",
  "mcptokens",
  "users",
  "groups",
  "rbac",
  "prompts",
  "secrets",
  "gateways",
  "audit",
] as const;
export type Resource = (typeof RESOURCES)[number];

/** What may be done that is no resource's; `*` in a binding stands for all of them. */
export const ACTIONS = ["logs", "exec", "backup", "snapshot", "dispatch", "impersonate"] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * A role on a kind of resource, or on the one that is named; or an action.
 *
 * What belongs to a project (mcptokens, prompts) is named `project/name` here; `project/*` is all of a project's.
 */
export type RoleBinding =
  | { readonly role: Role; readonly resource: Resource | "*"; readonly name?: string | undefined }
  | { readonly action: Action | "*" };

/** A binding and where it comes from: the name of its definition, or `role:<role>` for a role of the user's own. */
export interface GrantedBinding {
  readonly binding: RoleBinding;
  readonly source: string;
}

/**
 * What somebody asks to do. Without a name it is about the whole kind, which only an unscoped binding covers;
 * `*` is every kind, which only a binding on `*` covers.
 */
export type AccessRequest =
  | { readonly verb: Role; readonly resource: Resource | "*"; readonly name?: string | undefined }
  | { readonly action: Action | "*" };

/** `by` says which binding decided; of an intersection it is the first side's. */
export type Decision = { readonly allowed: true; readonly by: GrantedBinding } | { readonly allowed: false };

/** The names that a list may show. */
export type AllowedNames = "all" | ReadonlySet<string>;

/** What bindings allow, ready to be asked. Deny by default. */
export interface Rights {
  decide(request: AccessRequest): Decision;
  allowedNames(verb: Role, resource: Resource): AllowedNames;
}

const DENIED: Decision = { allowed: false };

/** The verbs that a role gives. */
export function verbsOf(role: Role): readonly Role[] {
  return role === "edit" ? ["edit", "view", "run"] : [role];
}

/** Every right there is, as an administrator has it. */
export const ALL_BINDINGS: readonly RoleBinding[] = [...ROLES.map((role) => ({ role, resource: "*" }) as const), { action: "*" }];

/** Bindings as an index: a decision costs a few look-ups, whatever their number. */
export function compileRights(granted: readonly GrantedBinding[]): Rights {
  const index = new Map<string, GrantedBinding>();
  const names = new Map<string, Set<string>>();
  const put = (key: string, by: GrantedBinding) => {
    if (!index.has(key)) index.set(key, by);
  };
  for (const by of granted) {
    const { binding } = by;
    if ("action" in binding) {
      put(actionKey(binding.action), by);
      continue;
    }
    for (const verb of verbsOf(binding.role)) {
      const kind = kindKey(verb, binding.resource);
      put(binding.name === undefined ? kind : nameKey(kind, binding.name), by);
      if (binding.name === undefined) continue;
      const known = names.get(kind);
      if (known === undefined) names.set(kind, new Set([binding.name]));
      else known.add(binding.name);
    }
  }
  const found = (by: GrantedBinding | undefined): Decision => (by === undefined ? DENIED : { allowed: true, by });
  return {
    decide(request) {
      if ("action" in request) return found(index.get(actionKey(request.action)) ?? index.get(actionKey("*")));
      const { verb, resource, name } = request;
      const [own, any] = [kindKey(verb, resource), kindKey(verb, "*")];
      const whole = index.get(own) ?? index.get(any);
      if (whole !== undefined || name === undefined) return found(whole);
      const group = groupOf(name);
      const named = index.get(nameKey(own, name)) ?? index.get(nameKey(any, name));
      if (named !== undefined || group === undefined) return found(named);
      return found(index.get(nameKey(own, group)) ?? index.get(nameKey(any, group)));
    },
    allowedNames(verb, resource) {
      const [own, any] = [kindKey(verb, resource), kindKey(verb, "*")];
      if (index.has(own) || index.has(any)) return "all";
      return new Set([...(names.get(own) ?? []), ...(names.get(any) ?? [])]);
    },
  };
}

/** What both allow: a token's own rights within what its owner may do now. */
export function intersectRights(first: Rights, second: Rights): Rights {
  return {
    decide(request) {
      const decision = first.decide(request);
      return decision.allowed && second.decide(request).allowed ? decision : DENIED;
    },
    allowedNames(verb, resource) {
      const [left, right] = [first.allowedNames(verb, resource), second.allowedNames(verb, resource)];
      if (left === "all") return right;
      if (right === "all") return left;
      // One side may name a project's all where the other names one of them.
      const kept = [...left].filter((name) => includesName(right, name));
      return new Set([...kept, ...[...right].filter((name) => includesName(left, name))]);
    },
  };
}

/**
 * The bindings that allow what both lists allow, no more and no less: `intersectRights` for people to read.
 * Each keeps the source that it has in `first`.
 */
export function intersectBindings(first: readonly GrantedBinding[], second: readonly GrantedBinding[]): GrantedBinding[] {
  const other = compileRights(second);
  const found = new Map<string, GrantedBinding>();
  for (const { binding, source } of first) {
    const parts = coversBinding(other, binding) ? [binding] : second.flatMap((by) => meetBindings(binding, by.binding));
    for (const part of parts) {
      const key = formatBinding(part);
      if (!found.has(key)) found.set(key, { binding: part, source });
    }
  }
  return [...found.values()];
}

/** Whether `rights` hold all that `binding` would give: nobody hands out what they do not hold. */
export function coversBinding(rights: Rights, binding: RoleBinding): boolean {
  if ("action" in binding) return rights.decide(binding).allowed;
  const { role, resource, name } = binding;
  return verbsOf(role).every((verb) => rights.decide({ verb, resource, name }).allowed);
}

/** A binding as people write it: `role:view,resource:servers,name:x` or `action:logs`. */
export function formatBinding(binding: RoleBinding): string {
  if ("action" in binding) return `action:${binding.action}`;
  const { role, resource, name } = binding;
  return `role:${role},resource:${resource}${name === undefined ? "" : `,name:${name}`}`;
}

/** The names that an allowed set holds, `project/*` included. */
export function includesName(names: AllowedNames, name: string): boolean {
  if (names === "all" || names.has(name)) return true;
  const group = groupOf(name);
  return group !== undefined && names.has(group);
}

/** What two bindings both allow: none, one, or one for each verb that they share. */
function meetBindings(left: RoleBinding, right: RoleBinding): readonly RoleBinding[] {
  if ("action" in left || "action" in right) return "action" in left && "action" in right ? meetActions(left, right) : [];
  const resource = left.resource === "*" ? right.resource : left.resource;
  if (right.resource !== "*" && right.resource !== resource) return [];
  const name = meetNames(left.name, right.name);
  return name === undefined ? [] : meetRoles(left.role, right.role).map((role) => ({ role, resource, ...name }));
}

/** Undefined where no name is in both; without a name every one is. */
function meetNames(left: string | undefined, right: string | undefined): { readonly name?: string } | undefined {
  if (left === undefined || left === right) return right === undefined ? {} : { name: right };
  if (right === undefined || groupOf(left) === right) return { name: left };
  return groupOf(right) === left ? { name: right } : undefined;
}

function meetActions(left: { readonly action: Action | "*" }, right: { readonly action: Action | "*" }): readonly RoleBinding[] {
  if (left.action === "*") return [right];
  return right.action === "*" || right.action === left.action ? [left] : [];
}

function meetRoles(left: Role, right: Role): readonly Role[] {
  return left === right ? [left] : verbsOf(left).filter((verb) => verbsOf(right).includes(verb));
}

function groupOf(name: string): string | undefined {
  const slash = name.indexOf("/");
  return slash === -1 ? undefined : `${name.slice(0, slash)}/*`;
}

function actionKey(action: string): string {
  return `action\n${action}`;
}

function kindKey(verb: Role, resource: string): string {
  return `${verb}\n${resource}`;
}

function nameKey(kind: string, name: string): string {
  return `${kind}\n${name}`;
}
