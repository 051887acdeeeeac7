import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { AppError } from "../../core/app-error.ts";
import type { RpcGuard } from "./guard-rpc.ts";

/** Of one message, in both directions; files and logs are streams of smaller ones. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

const MAX_STREAMS_PER_CONNECTION = 250;
const MAX_CONNECTIONS = 1000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A peer that is gone without a word is found out after that. */
const KEEP_ALIVE_MS = 30_000;

/** In PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  /** Authorities of the certificates that clients must show; undefined: none is asked for. */
  readonly clientCa?: string | undefined;
}

export type FallbackHandler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

export interface AgentListenerOptions {
  readonly hostname: string;
  /** 0: a free one. */
  readonly port: number;
  readonly certificate: ServerCertificate;
  readonly service: ServiceImpl<typeof McpAgentService>;
  readonly guard: RpcGuard;
  /** Takes what is no RPC. */
  readonly fallback: FallbackHandler;
}

/**
 * The agent's port: gRPC, gRPC-web and Connect over TLS 1.3, and whatever else the fallback answers, over HTTP/2 and
 * HTTP/1.1.
 */
export class AgentListener {
  readonly #server: Http2SecureServer;
  readonly #connections = new Set<Socket>();
  readonly #shutdown = new AbortController();
  #pending = 0;

  private constructor({ certificate, service, guard, fallback }: Omit<AgentListenerOptions, "hostname" | "port">) {
    const rpcs = connectNodeAdapter({
      routes: (router) => router.service(McpAgentService, service),
      requestGate: guard.gate,
      interceptors: [guard.interceptor],
      readMaxBytes: MAX_MESSAGE_BYTES,
      writeMaxBytes: MAX_MESSAGE_BYTES,
      shutdownSignal: this.#shutdown.signal,
      fallback: (request, response) => fallback(request as Http2ServerRequest, response as Http2ServerResponse),
    });
    const options = { allowHTTP1: true, minVersion: "TLSv1.3", handshakeTimeout: HANDSHAKE_TIMEOUT_MS } as const;
    const settings = { maxConcurrentStreams: MAX_STREAMS_PER_CONNECTION };
    this.#server = createSecureServer({ ...options, ...secureContext(certificate), settings }, (request, response) => {
      this.#pending += 1;
      response.once("close", () => {
        this.#pending -= 1;
      });
      rpcs(request, response);
    });
    this.#server.on("secureConnection", (socket: Socket) => this.#connected(socket));
    // A peer that breaks off, or speaks no TLS, is no failure of ours.
    this.#server.on("sessionError", () => undefined);
    this.#server.on("tlsClientError", () => undefined);
  }

  /** Throws `conflict`/`PORT_TAKEN`, `invalid`/`ADDRESS_UNUSABLE`, `invalid`/`CERTIFICATE_INVALID`. */
  static async open({ hostname, port, ...rest }: AgentListenerOptions): Promise<AgentListener> {
    const listener = unlessInvalid(() => new AgentListener(rest));
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", (cause: NodeJS.ErrnoException) => reject(unusable(hostname, port, cause)));
      listener.#server.listen(port, hostname, resolve);
    });
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests whose answers have not left yet, streams among them. */
  get pendingRequests(): number {
    return this.#pending;
  }

  /** For connections from now on; those that are open stay. Throws `invalid`/`CERTIFICATE_INVALID`. */
  setCertificate(certificate: ServerCertificate): void {
    unlessInvalid(() => this.#server.setSecureContext(secureContext(certificate)));
  }

  /** Takes no more connections, and ends what is in flight. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#shutdown.abort(new ConnectError("The agent is stopping", Code.Unavailable));
    // One turn, so that what was just refused leaves.
    await new Promise((resolve) => setImmediate(resolve));
    for (const socket of this.#connections) socket.end();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]);
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  #connected(socket: Socket): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    socket.on("error", () => undefined);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
}

/** How long the last answers may take to leave. */
const LAST_WORDS_MS = 500;

function secureContext({ cert, key, clientCa }: ServerCertificate) {
  return { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }) };
}

function unlessInvalid<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new AppError("invalid", "CERTIFICATE_INVALID", "The certificate and its key cannot be used", {
      cause,
      hint: "both are PEM, and the key is the certificate's; 'mcp-agent cert' makes such a pair",
    });
  }
}

function unusable(hostname: string, port: number, cause: NodeJS.ErrnoException): AppError {
  if (cause.code === "EADDRINUSE") {
    const hint = "stop what listens there, or choose another in server.grpc_addr (port 0 takes a free one)";
    return new AppError("conflict", "PORT_TAKEN", `Port ${port} on ${hostname} is taken`, { cause, hint });
  }
  return new AppError(
    "invalid",
    "ADDRESS_UNUSABLE",
    `${hostname} port ${port}: it cannot be listened on (${cause.code ?? cause.message})`,
    {
      cause,
      hint: "choose another in server.grpc_addr",
    },
  );
}
