/** For tests: mcpd as the endpoint table says it, kept in memory; every request and reply is held to its schema. */
import type { AnyEndpoint } from "../api/endpoint.ts";
import { ALL_ENDPOINTS } from "../api/endpoints/endpoints.ts";
import type { FetchLike } from "../mcp/client/fetch-like.ts";

export type Row = Record<string, unknown>;

export interface FakeCall {
  readonly endpoint: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Row;
  readonly body: Row;
  readonly ifMatch: string | null;
  readonly bearer: string | null;
}

/** A refusal, as `throw refuse(409, "NAME_TAKEN", "…")`. */
export function refuse(status: number, reason: string, message: string, hint?: string): Response {
  const error = { code: "x", message, trace_id: "t", reason, ...(hint === undefined ? {} : { hint }) };
  return Response.json({ error }, { status });
}

type Handler = (call: FakeCall) => unknown;
export type FakeTables = Record<
  "users" | "groups" | "rbac" | "projects" | "servers" | "secrets" | "prompts" | "mcptokens" | "gateways" | "nodes",
  Row[]
>;

export const AT = "2026-06-01T10:00:00.000Z";
export const NOW = new Date("2026-06-01T12:00:00.000Z");
/** What fresh tokens and gateways get. */
export const RAW_TOKEN = `mcpctl_pat_${"a".repeat(43)}`;
export const RAW_KEY = `mcpctl_gw_${"b".repeat(43)}`;

const NAME_KEYS: Readonly<Record<string, string>> = { users: "username", servers: "handle" };
const ID_PREFIX: Readonly<Record<keyof FakeTables, string>> = {
  users: "usr",
  groups: "grp",
  rbac: "rbac",
  projects: "prj",
  servers: "srv",
  secrets: "sec",
  prompts: "prm",
  mcptokens: "tok",
  gateways: "gw",
  nodes: "nod",
};

const DERIVED: Readonly<Record<keyof FakeTables, Row>> = {
  users: { hasPassword: true },
  groups: {},
  rbac: { tokenId: null },
  projects: { owner: "ada" },
  servers: { status: null, writeTools: false, offersWriteTools: false, policy: {} },
  secrets: { usedBy: [] },
  prompts: {},
  mcptokens: { owner: "ada", prefix: RAW_TOKEN.slice(0, 15), sha: "f".repeat(64), revokedAt: null, lastUsedAt: null, status: "active" },
  nodes: { certificate: null, fingerprint: null },
  gateways: { prefix: RAW_KEY.slice(0, 14), lastSeenAt: null },
};

export interface FakeApi {
  readonly fetch: FetchLike;
  readonly calls: FakeCall[];
  readonly tables: FakeTables;
  /** The names of the endpoints that change something, in the order in which they were called. */
  readonly changes: () => string[];
}

/** `handlers` come before the tables; they may throw a `refuse(…)`. */
export function fakeApi(seed: Partial<FakeTables> = {}, handlers: Readonly<Record<string, Handler>> = {}): FakeApi {
  const tables = Object.fromEntries(Object.keys(ID_PREFIX).map((noun) => [noun, []])) as unknown as FakeTables;
  for (const [noun, rows] of Object.entries(seed)) for (const row of rows) add(tables, noun as keyof FakeTables, row);
  const calls: FakeCall[] = [];
  const fetch: FetchLike = async (url, init) => {
    const { pathname, searchParams } = new URL(url);
    const found = match(init.method ?? "GET", pathname);
    if (found === undefined) return refuse(404, "PATH_UNKNOWN", `No endpoint ${init.method} ${pathname}`);
    const { endpoint, params } = found;
    const headers = new Headers(init.headers);
    const sent = init.body === undefined || init.body === null ? undefined : JSON.parse(String(init.body));
    const call: FakeCall = {
      endpoint: endpoint.name,
      params,
      query: endpoint.query.parse(Object.fromEntries(searchParams)) as Row,
      body: endpoint.body.parse(sent) as Row,
      ifMatch: headers.get("if-match"),
      bearer: headers.get("authorization"),
    };
    calls.push(call);
    try {
      return await replyOf(endpoint, (handlers[endpoint.name] ?? tableHandler(tables, endpoint))(call));
    } catch (thrown) {
      if (thrown instanceof Response) return thrown;
      throw thrown;
    }
  };
  const changing = new Set(ALL_ENDPOINTS.filter(({ method }) => method !== "GET").map(({ name }) => name));
  return { fetch, calls, tables, changes: () => calls.map(({ endpoint }) => endpoint).filter((name) => changing.has(name)) };
}

async function replyOf(endpoint: AnyEndpoint, given: unknown): Promise<Response> {
  const reply = await given;
  if (reply instanceof Response) return reply;
  if (endpoint.status === 204) return new Response(null, { status: 204 });
  return Response.json(endpoint.reply.parse(reply), { status: endpoint.status });
}

function match(method: string, pathname: string): { endpoint: AnyEndpoint; params: Record<string, string> } | undefined {
  for (const endpoint of ALL_ENDPOINTS) {
    if (endpoint.method !== method) continue;
    const names = [...endpoint.path.matchAll(/:([a-zA-Z]+)/g)].map(([, name = ""]) => name);
    const found = new RegExp(`^${endpoint.path.replaceAll(/:[a-zA-Z]+/g, "([^/]+)")}$`).exec(pathname);
    if (found === null) continue;
    const params = Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? "")]));
    return { endpoint, params };
  }
  return undefined;
}

function add(tables: FakeTables, noun: keyof FakeTables, given: Row): Row {
  const { password: _, value: __, force: ___, rbac: ____, ...fields } = given;
  const id = `${ID_PREFIX[noun]}_${String(tables[noun].length + 1).padStart(22, "0")}`;
  const times = { version: 1, createdAt: AT, updatedAt: AT };
  const row = { id, description: "", ...DERIVED[noun], ...times, ...fields };
  tables[noun].push(row);
  return row;
}

/** The five verbs over the tables. */
function tableHandler(tables: FakeTables, { name }: AnyEndpoint): Handler {
  const [noun = "", verb = ""] = name.split(".");
  if (!(noun in tables)) return () => refuse(404, "PATH_UNKNOWN", `The test has no handler for ${name}`);
  const kind = noun as keyof FakeTables;
  const rows = tables[kind];
  const key = NAME_KEYS[kind] ?? "name";
  const find = ({ params, query }: FakeCall): Row => {
    const wanted = params.id ?? params.project;
    const found = rows.findLast(
      (row) => row.id === wanted || (row[key] === wanted && (query.project === undefined || row.project === query.project)),
    );
    if (found === undefined) throw refuse(404, "UNKNOWN", `There is no ${kind} ${wanted}`);
    return found;
  };
  const verbs: Readonly<Record<string, Handler>> = {
    list: ({ query }) => {
      const filters = Object.entries(query).filter(([field]) => !["limit", "cursor", "sort"].includes(field));
      const kept = rows.filter((row) => filters.every(([field, value]) => row[field] === value || row[`${field}s`] !== undefined));
      const start = Number(query.cursor ?? 0);
      const end = start + Number(query.limit);
      return { items: kept.slice(start, end), nextCursor: end < kept.length ? String(end) : null };
    },
    get: find,
    create: ({ body }) => {
      const taken = rows.some((row) => row[key] === body[key] && row.project === body.project && (row.status ?? "active") === "active");
      if (taken && body.force !== true) throw refuse(409, "NAME_TAKEN", `There is a ${kind} ${body[key]} already`);
      const row = add(tables, kind, body);
      if (kind === "mcptokens") return { ...row, token: RAW_TOKEN };
      return kind === "gateways" ? { ...row, token: RAW_KEY } : row;
    },
    update: (call) => {
      const row = find(call);
      if (call.ifMatch !== null && call.ifMatch !== `"${row.version}"`) throw refuse(412, "VERSION_STALE", "It was changed meanwhile");
      const { password: _, value: __, ...fields } = call.body;
      return Object.assign(row, fields, { version: Number(row.version) + 1 });
    },
    revoke: (call) => Object.assign(find(call), { status: "revoked", revokedAt: AT }),
    delete: (call) => void rows.splice(rows.indexOf(find(call)), 1),
    attach: ({ params }) =>
      change(find({ params, query: {} } as never as FakeCall), (servers) => [...new Set([...servers, params.server ?? ""])]),
    detach: ({ params }) =>
      change(find({ params, query: {} } as never as FakeCall), (servers) => servers.filter((each) => each !== params.server)),
  };
  return verbs[verb] ?? (() => refuse(404, "PATH_UNKNOWN", `The test has no handler for ${name}`));
}

function change(project: Row, servers: (now: readonly string[]) => string[]): Row {
  return Object.assign(project, { servers: servers(project.servers as string[]), version: Number(project.version) + 1 });
}
