import type { AuditDraft } from "../api/audit-event.ts";
import type { FeedKind } from "../api/feed-event.ts";
import type { Grant } from "../api/grant.ts";
import type { Backing, PromptDefinition, ServerDefinition, ServerPolicy, Snapshot } from "../api/server-definition.ts";
import type { AppError } from "../core/app-error.ts";
import { generateCredential } from "../core/credential.ts";
import { hashToken } from "../core/mcp-token.ts";
import { ALL_BINDINGS, type RoleBinding } from "../core/permission.ts";
import { META, MODERN_REVISION } from "../mcp/eras/2026-07-28/meta-keys.ts";
import { requestHeaders } from "../mcp/eras/2026-07-28/request-headers.ts";
import { createSseParser, type SseEvent } from "../mcp/sse.ts";
import type { RequestObserver } from "./audit/finished-request.ts";
import type { ControlEvent, ControlPlane } from "./control-plane.ts";
import { MemoryDispatchTasks } from "./dispatch/memory-dispatch-tasks.fixture.ts";
import { createGateway, GATEWAY_SETTINGS, type Gateway, type GatewaySettings } from "./gateway.ts";
import { gatewayHandler } from "./http/gateway-handler.ts";
import { newLinkId } from "./link/link-id.ts";
import { type ReplicaLink, soloLink } from "./link/replica-link.ts";
import { DEFAULT_GATEWAY_POLICY, type GatewayPolicy } from "./policy/gateway-policy.ts";
import type { CallLimiter } from "./rate/call-limiter.ts";
import type { StateChange } from "./resilience/server-watch.ts";
import type { ScriptedServer } from "./scripted-upstream.fixture.ts";
import type { ServerToRun } from "./serving/server-to-run.ts";
import type { RequestTracing } from "./tracing/call-trace.ts";
import type { Upstream, UpstreamEvents } from "./upstream/upstream.ts";

/** How a test's server is reached: played by a script, or made by the test. */
export type TestServer = ScriptedServer | ((server: ServerToRun, events: UpstreamEvents) => Upstream);

export interface Setup {
  readonly servers?: Readonly<Record<string, TestServer>>;
  /** Handles by project; by default `demo` has every server. */
  readonly projects?: Readonly<Record<string, readonly string[]>>;
  /** Prompts of project `demo`. */
  readonly prompts?: readonly PromptDefinition[];
  /** Calls a minute, by handle. */
  readonly rateLimits?: Readonly<Record<string, number>>;
  /** Handles of servers whose tools that write are offered. */
  readonly writeTools?: readonly string[];
  /** Handles of servers that are registered and switched off. */
  readonly disabled?: readonly string[];
  /** What servers say of how they may be used, by handle. */
  readonly policies?: Readonly<Record<string, ServerPolicy>>;
  /** What the configuration says of all servers, where it is not the default. */
  readonly policy?: Partial<GatewayPolicy>;
  readonly limiter?: CallLimiter;
  readonly settings?: Partial<GatewaySettings>;
  /** What reaches other processes; nobody by default. */
  readonly link?: () => ReplicaLink;
  /** False where a server hangs: its lists are not waited for. */
  readonly settle?: boolean;
  readonly observe?: RequestObserver;
  readonly onStreamCut?: () => void;
  readonly tracing?: RequestTracing;
}

/** All that a member of a project may do in a gateway. */
const MEMBER: readonly RoleBinding[] = [
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
  { role: "view", resource: "prompts" },
];

export interface GrantOptions {
  readonly bindings?: readonly RoleBinding[];
  readonly ownerBindings?: readonly RoleBinding[];
  readonly scopes?: Grant["scopes"];
  readonly allowServers?: string[];
  readonly expiresAt?: Date;
}

/** A control plane in memory: it can be taken down, change what it serves, and say so. */
export class FakeControlPlane implements ControlPlane {
  /** By raw credential. */
  readonly grants = new Map<string, Grant>();
  readonly ended = new Map<string, Date>();
  /** Raw credentials, in the order of the questions. */
  readonly asked: string[] = [];
  readonly audited: AuditDraft[] = [];
  /** The time that leases of tasks see, in ms. */
  taskTime = 0;
  readonly tasks = new MemoryDispatchTasks(() => this.taskTime);
  snapshotsRead = 0;
  down = false;
  readonly #listeners = new Set<(event: ControlEvent) => void>();
  #snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  /** A raw token of this project; with the rights of a member where no others are given. */
  issue(project: string, options: GrantOptions = {}): string {
    const raw = generateCredential("token");
    const id = `tok_${this.grants.size + 1}`;
    const owner = { ownerId: "usr_1", owner: "ann" };
    return this.admit(raw, { kind: "token", id, name: id, sha: hashToken(raw), project, ...owner }, options);
  }

  /** The raw session of a person. */
  logIn(name: string, options: GrantOptions = {}): string {
    return this.admit(generateCredential("session"), { kind: "user", id: `usr_${name}`, name }, options);
  }

  admit(credential: string, principal: Grant["principal"], options: GrantOptions = {}): string {
    const { bindings = MEMBER, ownerBindings, scopes = ["mcp:read", "mcp:call"], allowServers, expiresAt } = options;
    const granted = (some: readonly RoleBinding[]) => some.map((binding) => ({ binding, source: "test" }));
    this.grants.set(credential, {
      principal,
      bindings: granted(bindings),
      scopes,
      ...(ownerBindings === undefined ? {} : { ownerBindings: granted(ownerBindings) }),
      ...(allowServers === undefined ? {} : { allowServers }),
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    });
    return credential;
  }

  get current(): Snapshot {
    return this.#snapshot;
  }

  /** Changes what is served and tells who watches. */
  change(next: Partial<Snapshot>, kind: FeedKind = "servers"): void {
    this.#snapshot = { ...this.#snapshot, ...next };
    this.announce(kind);
  }

  /** Commits a change that touches this, and tells who watches. */
  announce(kind: FeedKind, ref = ""): void {
    const revision = this.#snapshot.revision + 1;
    this.#snapshot = { ...this.#snapshot, revision };
    this.tell({ kind: "changed", event: { revision, touched: [{ kind, ref }] } });
  }

  tell(event: ControlEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async introspect(credential: string): Promise<Grant | undefined> {
    this.asked.push(credential);
    this.#requireUp();
    return this.grants.get(credential);
  }

  async snapshot(): Promise<Snapshot> {
    this.snapshotsRead += 1;
    this.#requireUp();
    return this.#snapshot;
  }

  watch(listener: (event: ControlEvent) => void): () => void {
    this.#listeners.add(listener);
    listener({ kind: "connected", revision: this.#snapshot.revision });
    return () => this.#listeners.delete(listener);
  }

  async endedSessions() {
    this.#requireUp();
    return [...this.ended].map(([idHash, expiresAt]) => ({ idHash, expiresAt }));
  }

  async endSession(idHash: string, expiresAt: Date): Promise<void> {
    this.ended.set(idHash, expiresAt);
    this.announce("ended_sessions", `${idHash} ${expiresAt.toISOString()}`);
  }

  audit(draft: AuditDraft): void {
    this.audited.push(draft);
  }

  #requireUp(): void {
    if (this.down) throw new Error("the database is away");
  }
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly control: FakeControlPlane;
  /** The time that sessions and tokens see. */
  readonly time: { ms: number };
  /** The raw token of project `demo`, and of this installation itself. */
  readonly token: string;
  readonly operatorKey: string;
  readonly failures: AppError[];
  /** What was told of the states of servers, in order. */
  readonly stateChanges: StateChange[];
  /** The gateway's face, on loopback. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  client(options?: { path?: string; token?: string }): TestClient;
  modern(options?: { path?: string; token?: string }): ModernTestClient;
  /** Takes calls on a loopback port until it is disposed; returns its base URL. */
  listen(): string;
  /** Another process over the same control plane, with the same keys. */
  restart(): Promise<TestGateway>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = "127.0.0.1:3200";
/** Changes are taken over at once, so that tests need not wait. */
const QUICK = { gatherChangesMs: 0, rereadBackoff: { firstMs: 1, maxMs: 1 }, drainMs: 20 };
const BACKING: Backing = { kind: "builtin", name: "scripted" };
const KEYRING = { current: { number: 1, key: new Uint8Array(32).fill(7) }, previous: [] };

/** A real gateway over a control plane in memory, its servers read, called without sockets. */
export async function openGateway(setup: Setup = {}): Promise<TestGateway> {
  const servers = setup.servers ?? {};
  const projects = setup.projects ?? { demo: Object.keys(servers) };
  const control = new FakeControlPlane({
    revision: 1,
    projects: Object.entries(projects).map(([name, handles]) => testProject(name, handles, name === "demo" ? setup.prompts : [])),
    servers: Object.keys(servers).map((handle) => ({
      ...testServer(handle),
      enabled: setup.disabled?.includes(handle) !== true,
      rateLimit: setup.rateLimits?.[handle] ?? null,
      writeTools: setup.writeTools?.includes(handle) === true,
      policy: setup.policies?.[handle] ?? {},
    })),
    secrets: {},
  });
  const token = control.issue("demo");
  const operatorKey = control.admit(generateCredential("operator"), { kind: "system", id: "system" }, { bindings: ALL_BINDINGS });
  return open(setup, control, { token, operatorKey, time: { ms: Date.parse("2026-01-01T00:00:00Z") } });
}

export function testServer(handle: string): ServerDefinition {
  return { id: `srv_${handle}`, handle, backing: BACKING, enabled: true, rateLimit: null, writeTools: false, policy: {} };
}

export function testProject(
  name: string,
  servers: readonly string[],
  prompts: readonly PromptDefinition[] = [],
): Snapshot["projects"][number] {
  return { id: `prj_${name}`, name, servers: [...servers], prompts: [...prompts] };
}

type Kept = Pick<TestGateway, "token" | "operatorKey" | "time">;

async function open(setup: Setup, control: FakeControlPlane, kept: Kept): Promise<TestGateway> {
  const failures: AppError[] = [];
  const stateChanges: StateChange[] = [];
  const gateway = await createGateway(
    {
      control,
      keyring: KEYRING,
      clock: { now: () => new Date(kept.time.ms) },
      monotonicNow: () => kept.time.ms,
      connect: (server, events) => connect(setup.servers?.[server.handle], server, events),
      link: setup.link?.() ?? soloLink(newLinkId()),
      onFailure: (error) => failures.push(error),
      onStateChange: (change) => stateChanges.push(change),
      observe: setup.observe,
      onStreamCut: setup.onStreamCut,
      tracing: setup.tracing,
      limiter: setup.limiter,
    },
    {
      ...GATEWAY_SETTINGS,
      bindAddress: "127.0.0.1",
      firstListWaitMs: 1,
      ...QUICK,
      policy: { ...DEFAULT_GATEWAY_POLICY, ...setup.policy },
      ...setup.settings,
    },
  );
  gateway.start();
  if (setup.settle !== false) await gateway.settled();
  const handler = gatewayHandler(gateway.pipeline);
  const listening: ReturnType<typeof Bun.serve>[] = [];
  const fetch = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", HOST);
    return handler(new Request(`http://${HOST}${path}`, { ...init, headers }), { address: "127.0.0.9" });
  };
  return {
    ...kept,
    gateway,
    control,
    failures,
    stateChanges,
    fetch,
    client: (options = {}) => new TestClient(fetch, options.path ?? "/projects/demo/mcp", options.token ?? kept.token),
    modern: ({ path = "/projects/demo/mcp", token = kept.token } = {}) => new ModernTestClient(new TestClient(fetch, path, token)),
    listen() {
      const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: (request) => handler(request) });
      listening.push(server);
      return `http://127.0.0.1:${server.port}`;
    },
    restart: () => open(setup, control, kept),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      for (const server of listening) await server.stop(true);
    },
  };
}

function connect(server: TestServer | undefined, definition: ServerToRun, events: UpstreamEvents): Upstream {
  if (server === undefined) throw new Error(`the test has no server ${definition.handle}`);
  return typeof server === "function" ? server(definition, events) : server.connect(definition.handle, events);
}

/** What a JSON-RPC answer may hold. */
export interface Reply {
  readonly id?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into results of any shape.
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface SendOptions {
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An MCP client of one endpoint, as far as tests need one. */
export class TestClient {
  readonly path: string;
  readonly token: string;
  sessionId: string | undefined;
  readonly #fetch: TestGateway["fetch"];
  #nextId = 1;

  constructor(fetch: TestGateway["fetch"], path: string, token: string) {
    this.#fetch = fetch;
    this.path = path;
    this.token = token;
  }

  headers(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
    const session = this.sessionId === undefined ? undefined : { "mcp-session-id": this.sessionId };
    return { authorization: `Bearer ${this.token}`, ...session, ...extra };
  }

  /** Opens a session and returns the result of `initialize`. */
  async initialize(protocolVersion = "2025-11-25", capabilities: object = {}): Promise<Reply> {
    const params = { protocolVersion, capabilities, clientInfo: { name: "test", version: "1" } };
    const response = await this.post(JSON.stringify({ jsonrpc: "2.0", id: "init", method: "initialize", params }));
    this.sessionId = response.headers.get("mcp-session-id") ?? undefined;
    return (await response.json()) as Reply;
  }

  /** Posts a body as it is. */
  post(body: RequestInit["body"], { accept, headers, signal }: SendOptions = {}): Promise<Response> {
    const all = { "content-type": "application/json", ...(accept === undefined ? {} : { accept }), ...headers };
    return this.#fetch(this.path, { method: "POST", headers: this.headers(all), body: body ?? null, signal: signal ?? null });
  }

  /** Sends a request and returns the response as it came. */
  send(method: string, params?: unknown, options: SendOptions & { id?: unknown } = {}): Promise<Response> {
    const id = options.id ?? this.#nextId++;
    return this.post(JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }), options);
  }

  async request(method: string, params?: unknown, options: SendOptions & { id?: unknown } = {}): Promise<Reply> {
    return (await (await this.send(method, params, options)).json()) as Reply;
  }

  notify(method: string, params: unknown): Promise<Response> {
    return this.post(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  async toolNames(): Promise<string[]> {
    const { result } = await this.request("tools/list");
    return (result.tools as { name: string }[]).map(({ name }) => name);
  }

  get(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.#fetch(this.path, { headers: this.headers({ accept: "text/event-stream", ...headers }) });
  }

  end(): Promise<Response> {
    return this.#fetch(this.path, { method: "DELETE", headers: this.headers() });
  }
}

export interface ModernSendOptions extends SendOptions {
  readonly id?: unknown;
  /** What the client offers; nothing by default. */
  readonly capabilities?: object;
  /** More of `_meta`. */
  readonly meta?: object;
}

/** A modern MCP client of one endpoint, as far as tests need one. */
export class ModernTestClient {
  readonly #client: TestClient;
  #nextId = 1;

  constructor(client: TestClient) {
    this.#client = client;
  }

  /** Sends a request with all that the protocol wants of it, and returns the response as it came. */
  send(method: string, params: object = {}, options: ModernSendOptions = {}): Promise<Response> {
    const { capabilities = {}, meta = {}, id = this.#nextId++, headers, ...more } = options;
    const _meta = { [META.version]: MODERN_REVISION, [META.clientCapabilities]: capabilities, ...meta };
    const all = { ...params, _meta };
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: all });
    return this.#client.post(body, { ...more, headers: { ...requestHeaders(method, all), ...headers } });
  }

  async request(method: string, params?: object, options?: ModernSendOptions): Promise<Reply> {
    return (await (await this.send(method, params, options)).json()) as Reply;
  }
}

/** A client with an open session. */
export async function initialized(gateway: TestGateway, options: InitializedOptions = {}): Promise<TestClient> {
  const client = gateway.client(options);
  await client.initialize(options.revision, options.capabilities);
  return client;
}

export interface InitializedOptions {
  readonly path?: string;
  readonly token?: string;
  readonly revision?: string;
  /** What the client offers; nothing by default. */
  readonly capabilities?: object;
}

type Message = Reply & { readonly method?: string; readonly params?: unknown };

/** Reads the messages of an event stream one by one. */
export function readEvents(response: Response) {
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const parser = createSseParser({ maxEventBytes: 1024 * 1024 });
  const waiting: SseEvent[] = [];
  const nextEvent = async (): Promise<SseEvent> => {
    for (let event = waiting.shift(); ; event = waiting.shift()) {
      if (event !== undefined) return event;
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream has ended");
      waiting.push(...parser.push(value));
    }
  };
  return {
    /** The next event, one without data too. */
    nextEvent,
    /** The next event that has a message. */
    async next(): Promise<Message> {
      for (let event = await nextEvent(); ; event = await nextEvent()) if (event.data !== "") return JSON.parse(event.data);
    },
    cancel: () => reader.cancel(),
  };
}
