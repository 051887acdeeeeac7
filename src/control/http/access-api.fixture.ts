import type { AuditDraft } from "../../api/audit-event.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { type AccessWorld, withAccessWorld } from "../access/access-world.fixture.ts";
import { parseSubjectText } from "../rbac/subject.ts";
import { accessRoutes } from "./access-routes.ts";
import { createApi } from "./create-api.ts";
import { groupRoutes } from "./group-routes.ts";
import { rbacRoutes } from "./rbac-routes.ts";
import { userRoutes } from "./user-routes.ts";

interface CallOptions {
  readonly body?: unknown;
  /** `User:jo` or `McpToken:<sha>`, with what they hold in the database. */
  readonly as?: string;
  readonly ifMatch?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON; tests compare what they expect.
  readonly body: any;
}

/** The API of users, groups, definitions and access over a database in memory. */
export interface AccessApi {
  readonly world: AccessWorld;
  readonly audited: readonly AuditDraft[];
  /** `call("GET", "/users")` as the administrator where nothing else is said. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** The same as a user `caller` with exactly these bindings. */
  callWith(bindings: readonly RoleBinding[], method: string, path: string, body?: unknown): Promise<Answer>;
}

export function withAccessApi(run: (api: AccessApi) => Promise<void>): Promise<void> {
  return withAccessWorld((world) => run(accessApi(world)));
}

function accessApi(world: AccessWorld): AccessApi {
  const audited: AuditDraft[] = [];
  let handed: Grant | undefined;
  const api = createApi({
    edge: edgePolicyFor("127.0.0.1"),
    ready: () => true,
    newTraceId: () => "trace",
    async authenticate(request) {
      const bearer = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
      const grant = bearer === "handed" ? handed : (await world.subjects.resolve(parseSubjectText(bearer)))?.grant;
      if (grant === undefined) throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Bearer token required");
      return grant;
    },
    routes: [
      ...userRoutes(world),
      ...groupRoutes(world),
      ...rbacRoutes(world),
      ...accessRoutes({ users: world.users, groups: world.groups, subjects: world.subjects }),
    ],
    audit: { record: (draft) => void audited.push(draft) },
    clock: world.clock,
    onFailure: (error) => {
      throw error.cause ?? error;
    },
  });
  const call: AccessApi["call"] = async (method, path, { body, as = "User:admin", ifMatch } = {}) => {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const match = ifMatch === undefined ? {} : { "if-match": ifMatch };
    const headers = { host: "127.0.0.1:3100", authorization: `Bearer ${as}`, ...json, ...match };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await api.fetch(new Request(`http://127.0.0.1:3100/api/v1${path}`, init), { address: "10.0.0.9" });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    world,
    audited,
    call,
    callWith(bindings, method, path, body) {
      const granted = bindings.map((binding) => ({ binding, source: "test" }));
      handed = { principal: { kind: "user", id: "usr_caller", name: "caller" }, bindings: granted, scopes: [] };
      return call(method, path, { body, as: "handed" });
    },
  };
}
