import { OPERATOR_KEY_PREFIX } from "../api/operator-key.ts";
import type { Backing, ServerDefinition, Snapshot } from "../api/server-definition.ts";
import type { AppError } from "../core/app-error.ts";
import { generateToken, hashToken } from "../core/mcp-token.ts";
import { createSseParser } from "../mcp/sse.ts";
import type { ControlPlane, Grant } from "./control-plane.ts";
import { createGateway, GATEWAY_SETTINGS, type Gateway, type GatewaySettings } from "./gateway.ts";
import { gatewayHandler } from "./http/gateway-handler.ts";
import type { ScriptedServer } from "./scripted-upstream.fixture.ts";
import type { Upstream, UpstreamEvents } from "./upstream/upstream.ts";

/** How a test's server is reached: played by a script, or made by the test. */
export type TestServer = ScriptedServer | ((server: ServerDefinition, events: UpstreamEvents) => Upstream);

export interface Setup {
  readonly servers?: Readonly<Record<string, TestServer>>;
  /** Handles by project; by default `demo` has every server. */
  readonly projects?: Readonly<Record<string, readonly string[]>>;
  /** Handles of servers that are registered and switched off. */
  readonly disabled?: readonly string[];
  readonly settings?: Partial<GatewaySettings>;
  /** False where a server hangs: its lists are not waited for. */
  readonly settle?: boolean;
}

/** A control plane in memory, which can be taken down. */
export class FakeControlPlane implements ControlPlane {
  readonly grants = new Map<string, Grant>();
  readonly ended = new Map<string, Date>();
  readonly asked: string[] = [];
  down = false;
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  /** A raw token of this project. */
  issue(project: string, expiresAt?: Date): string {
    const raw = generateToken();
    const id = `tok_${this.grants.size + 1}`;
    this.grants.set(hashToken(raw), { principal: { kind: "token", id, name: id, project }, expiresAt });
    return raw;
  }

  async introspect(hash: string): Promise<Grant | undefined> {
    this.asked.push(hash);
    if (this.down) throw new Error("the database is away");
    return this.grants.get(hash);
  }

  async snapshot(): Promise<Snapshot> {
    return this.#snapshot;
  }

  async endedSessions() {
    return [...this.ended].map(([idHash, expiresAt]) => ({ idHash, expiresAt }));
  }

  async endSession(idHash: string, expiresAt: Date): Promise<void> {
    this.ended.set(idHash, expiresAt);
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
  /** The gateway's face, on loopback. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  client(options?: { path?: string; token?: string }): TestClient;
  /** Another process over the same control plane, with the same keys. */
  restart(): Promise<TestGateway>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = "127.0.0.1:3200";
const BACKING: Backing = { kind: "builtin", name: "scripted" };
const KEYRING = { current: { number: 1, key: new Uint8Array(32).fill(7) }, previous: [] };

/** A real gateway over a control plane in memory, its servers read, called without sockets. */
export async function openGateway(setup: Setup = {}): Promise<TestGateway> {
  const servers = setup.servers ?? {};
  const projects = setup.projects ?? { demo: Object.keys(servers) };
  const control = new FakeControlPlane({
    projects: Object.entries(projects).map(([name, handles]) => ({ id: `prj_${name}`, name, servers: handles })),
    servers: Object.keys(servers).map((handle) => ({
      id: `srv_${handle}`,
      handle,
      backing: BACKING,
      enabled: setup.disabled?.includes(handle) !== true,
    })),
  });
  const token = control.issue("demo");
  const operatorKey = `${OPERATOR_KEY_PREFIX}of-this-installation`;
  control.grants.set(hashToken(operatorKey), { principal: { kind: "system", id: "system" }, expiresAt: undefined });
  return open(setup, control, { token, operatorKey, time: { ms: Date.parse("2026-01-01T00:00:00Z") } });
}

type Kept = Pick<TestGateway, "token" | "operatorKey" | "time">;

async function open(setup: Setup, control: FakeControlPlane, kept: Kept): Promise<TestGateway> {
  const failures: AppError[] = [];
  const gateway = await createGateway(
    {
      control,
      keyring: KEYRING,
      clock: { now: () => new Date(kept.time.ms) },
      monotonicNow: () => kept.time.ms,
      connect: (server, events) => connect(setup.servers?.[server.handle], server, events),
      onFailure: (error) => failures.push(error),
    },
    { ...GATEWAY_SETTINGS, bindAddress: "127.0.0.1", firstListWaitMs: 1, ...setup.settings },
  );
  gateway.start();
  if (setup.settle !== false) await gateway.settled();
  const handler = gatewayHandler(gateway.pipeline);
  const fetch = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", HOST);
    return handler(new Request(`http://${HOST}${path}`, { ...init, headers }));
  };
  return {
    ...kept,
    gateway,
    control,
    failures,
    fetch,
    client: (options = {}) => new TestClient(fetch, options.path ?? "/projects/demo/mcp", options.token ?? kept.token),
    restart: () => open(setup, control, kept),
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}

function connect(server: TestServer | undefined, definition: ServerDefinition, events: UpstreamEvents): Upstream {
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
  async initialize(protocolVersion = "2025-11-25"): Promise<Reply> {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const response = await this.post(JSON.stringify({ jsonrpc: "2.0", id: "init", method: "initialize", params }));
    this.sessionId = response.headers.get("mcp-session-id") ?? undefined;
    return (await response.json()) as Reply;
  }

  /** Posts a body as it is. */
  post(body: RequestInit["body"], { accept, headers }: SendOptions = {}): Promise<Response> {
    const all = { "content-type": "application/json", ...(accept === undefined ? {} : { accept }), ...headers };
    return this.#fetch(this.path, { method: "POST", headers: this.headers(all), body: body ?? null });
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

/** A client with an open session. */
export async function initialized(gateway: TestGateway, options?: { path?: string; token?: string }): Promise<TestClient> {
  const client = gateway.client(options);
  await client.initialize();
  return client;
}

/** Reads the messages of an event stream one by one. */
export function readEvents(response: Response): {
  next(): Promise<Reply & { method?: string; params?: unknown }>;
  cancel(): Promise<void>;
} {
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const parser = createSseParser({ maxEventBytes: 1024 * 1024 });
  const waiting: string[] = [];
  return {
    async next() {
      while (waiting.length === 0) {
        const { done, value } = await reader.read();
        if (done) throw new Error("the stream has ended");
        waiting.push(...parser.push(value).map((event) => event.data));
      }
      return JSON.parse(waiting.shift() ?? "");
    },
    cancel: () => reader.cancel(),
  };
}
