import { type Client, type ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { agentErrorOf } from "../../api/agent-errors.ts";
import { AppError } from "../../core/app-error.ts";
import { selfSignedCertificate } from "../certificate/self-signed-certificate.ts";
import type { IdentifiedCaller } from "../identity/identified-caller.ts";
import type { RpcAuditEntry } from "../identity/rpc-audit.ts";
import { AgentListener, type FallbackHandler, type ServerCertificate } from "./agent-listener.ts";
import { agentService } from "./agent-service.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { fakeAgent } from "./fake-agent.fixture.ts";
import { guardRpc } from "./guard-rpc.ts";

export const NOW = new Date("2026-01-02T03:04:05.000Z");

/** Users by token. */
const CALLERS: Readonly<Record<string, IdentifiedCaller>> = {
  root: { username: "root", roles: ["admin"] },
  oli: { username: "oli", roles: ["operate"] },
  ada: { username: "ada", roles: ["view"] },
  nobody: { username: "nobody", roles: ["run"] },
};

export interface ServedAgent {
  readonly listener: AgentListener;
  readonly baseUrl: string;
  readonly ca: string;
  /** What was asked of the agent, in order. */
  readonly asked: unknown[];
  readonly audited: RpcAuditEntry[];
  readonly failures: unknown[];
  readonly ending: AbortController;
  client(token?: string, protocol?: "grpc" | "grpc-web" | "connect"): Client<typeof McpAgentService>;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly agent?: (asked: unknown[]) => Partial<AgentServiceDeps>;
  readonly maxRpcs?: number;
  readonly fallback?: FallbackHandler;
  readonly hostname?: string;
  readonly port?: number;
  readonly certificate?: ServerCertificate;
  readonly clientCa?: string;
}

/** The whole contract on a port of its own, over TLS, with an agent behind it that answers as it is told. */
export async function serveAgent(options: ServeOptions = {}): Promise<ServedAgent> {
  const { agent = () => ({}), maxRpcs = 200, fallback, hostname = "127.0.0.1", port = 0, clientCa } = options;
  const certificate =
    options.certificate ??
    selfSignedCertificate({
      commonName: "test",
      hosts: ["127.0.0.1"],
      from: new Date(Date.now() - 60_000),
      to: new Date(Date.now() + 3_600_000),
    });
  const ending = new AbortController();
  const [asked, audited, failures]: [unknown[], RpcAuditEntry[], unknown[]] = [[], [], []];
  const clock = { now: () => NOW };
  const deps = { ...fakeAgent(asked), clock, ending: ending.signal, ...agent(asked) };
  const guard = guardRpc({
    tokens: { validate: async (token) => CALLERS[token] },
    audit: { record: (entry) => void audited.push(entry) },
    clock,
    nodeName: "edge",
    ending: ending.signal,
    maxRpcs,
    monotonicNow: () => 0,
    onFailure: (_, cause) => void failures.push(cause),
  });
  const listener = await AgentListener.open({
    hostname,
    port,
    certificate: { ...certificate, clientCa },
    service: agentService(deps),
    guard,
    fallback: fallback ?? ((_, response) => void response.writeHead(404).end()),
  });
  const baseUrl = `https://127.0.0.1:${listener.port}`;
  return {
    listener,
    baseUrl,
    ca: certificate.cert,
    asked,
    audited,
    failures,
    ending,
    client: (token = "root", protocol = "grpc") => createClient(McpAgentService, transport(protocol, baseUrl, certificate.cert, token)),
    close: () => listener.stop(),
  };
}

function transport(protocol: "grpc" | "grpc-web" | "connect", baseUrl: string, ca: string, token: string): Transport {
  const bearer: Interceptor = (next) => (request) => {
    if (token !== "") request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const options = { baseUrl, interceptors: [bearer], nodeOptions: { ca } };
  if (protocol === "grpc") return createGrpcTransport(options);
  return protocol === "grpc-web"
    ? createGrpcWebTransport({ ...options, httpVersion: "2" })
    : createConnectTransport({ ...options, httpVersion: "1.1" });
}

/** What a call has failed with, as a client of ours reads it. */
export async function failureOf(call: Promise<unknown> | AsyncIterable<unknown>): Promise<AppError> {
  try {
    if (Symbol.asyncIterator in call) for await (const _ of call);
    else await call;
  } catch (thrown) {
    const { code, rawMessage, metadata } = thrown as ConnectError;
    return agentErrorOf({ status: code, message: rawMessage, metadata });
  }
  throw new AppError("internal", "DID_NOT_FAIL", "it did not fail");
}
