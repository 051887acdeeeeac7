import type { TLSSocket } from "node:tls";
import { type CallOptions, type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { AppError } from "../../core/app-error.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { agentFailure } from "./agent-failure.ts";
import { McpAgentService } from "./contract.ts";
import { type AgentTarget, dialAgent } from "./dial-agent.ts";
import { formatNodeAddress } from "./node-address.ts";

/** The agent's calls, each as the contract names it. */
export type AgentRpc = Client<typeof McpAgentService>;

export interface AgentClientOptions {
  /** A JWT of the identity provider that the agent asks. */
  readonly token: string;
  /** How long a connection may take. */
  readonly connectTimeoutMs?: number;
  /** How long a call may take that says nothing else. */
  readonly timeoutMs?: number;
}

export interface AgentCallOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
const TIMEOUT_MS = 30_000;

interface Session {
  readonly socket: TLSSocket;
  readonly http2: Http2SessionManager;
  readonly rpc: AgentRpc;
}

/**
 * Calls one agent over a connection that is opened with the first call, and anew where it broke. What the agent refuses is
 * thrown as the AppError that it meant, with its reason and hint; besides as `dialAgent`, and `deadline`/`NODE_TOO_SLOW`.
 */
export class AgentClient {
  readonly #target: AgentTarget;
  readonly #options: AgentClientOptions;
  #session: Promise<Session> | undefined;
  #closed = false;

  constructor(target: AgentTarget, options: AgentClientOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** One call: `agent.call((rpc, options) => rpc.listServices({}, options))`. */
  async call<T>(work: (rpc: AgentRpc, options: CallOptions) => Promise<T>, options: AgentCallOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    const { rpc } = await this.#connected(timeoutMs);
    try {
      return await work(rpc, this.#callOptions({ ...options, timeoutMs }));
    } catch (thrown) {
      throw this.#failure(thrown, options.signal);
    }
  }

  /** A call whose answer is a stream; it has no deadline of its own and ends with `signal`, which throws `canceled`. */
  async *stream<T>(open: (rpc: AgentRpc, options: CallOptions) => AsyncIterable<T>, options: AgentCallOptions = {}): AsyncGenerator<T> {
    const { rpc } = await this.#connected(this.#options.timeoutMs ?? TIMEOUT_MS);
    try {
      // The transport notices an aborted signal only with the next bytes, which may never come.
      yield* untilAborted(open(rpc, this.#callOptions(options)), options.signal);
    } catch (thrown) {
      throw this.#failure(thrown, options.signal);
    }
  }

  /** Ends the connection, and with it what is still asked. */
  close(): void {
    this.#closed = true;
    this.#session?.then(end, () => undefined);
  }

  #failure(thrown: unknown, signal: AbortSignal | undefined): AppError {
    const failure = agentFailure(this.#target.node, thrown, signal);
    if (failure.reason === "NODE_LOST") {
      this.#session?.then(end, () => undefined);
      this.#session = undefined;
    }
    return failure;
  }

  #callOptions({ timeoutMs, signal }: AgentCallOptions): CallOptions {
    return {
      headers: { authorization: `Bearer ${this.#options.token}` },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    };
  }

  async #connected(timeoutMs: number): Promise<Session> {
    if (this.#closed) throw new AppError("canceled", "AGENT_CLIENT_CLOSED", `The connection to node ${this.#target.node} is closed`);
    const kept = await this.#session?.catch(() => undefined);
    if (kept !== undefined && !kept.socket.destroyed) return kept;
    this.#session = this.#connect(Math.min(timeoutMs, this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS));
    const session = await this.#session;
    if (this.#closed) end(session);
    return session;
  }

  async #connect(timeoutMs: number): Promise<Session> {
    const socket = await dialAgent(this.#target, timeoutMs);
    const baseUrl = `https://${formatNodeAddress(this.#target.address)}`;
    const http2 = new Http2SessionManager(baseUrl, {}, { createConnection: () => socket });
    return { socket, http2, rpc: createClient(McpAgentService, createGrpcTransport({ baseUrl, sessionManager: http2 })) };
  }
}

function end({ http2, socket }: Session): void {
  http2.abort();
  socket.destroy();
}
