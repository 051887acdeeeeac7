/** For tests: an agent over real TLS that answers as it is told, and keeps what it was asked. */
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AppError } from "../../core/app-error.ts";
import { GRPC_STATUS } from "../../core/error-tables.ts";
import { agentErrorMetadata } from "../agent-errors.ts";
import { AGENT_TOKEN } from "./agent-token.fixture.ts";
import { McpAgentService } from "./contract.ts";
import { type SelfSigned, selfSigned } from "./self-signed.fixture.ts";

export interface AgentCall {
  /** As `ListServices`. */
  readonly method: string;
  /** Undefined where it is a stream. */
  readonly request: unknown;
  readonly authorization: string | null;
}

export interface FakeAgent {
  /** HOST:PORT. */
  readonly address: string;
  readonly port: number;
  readonly certificate: SelfSigned;
  /** In the order in which they came. */
  readonly calls: readonly AgentCall[];
  /** Further answers, or others. */
  answer(answers: AgentAnswers): void;
  /** Breaks every connection, and takes new ones. */
  breakConnections(): void;
  close(): Promise<void>;
}

/** What it says to each call; one that is not there is refused as unimplemented. One may throw an AppError. */
export type AgentAnswers = Partial<ServiceImpl<typeof McpAgentService>>;

let shared: SelfSigned | undefined;

/** With a certificate that all of them share, unless it is to have one of its own. */
export async function startFakeAgent(answers: AgentAnswers = {}, own?: SelfSigned): Promise<FakeAgent> {
  shared ??= selfSigned();
  const certificate = own ?? shared;
  const calls: AgentCall[] = [];
  const told: { current: AgentAnswers } = { current: answers };
  const sessions = new Set<ServerHttp2Session>();
  const handler = connectNodeAdapter({
    routes: (router) => router.service(McpAgentService, implementation(told)),
    interceptors: [recordInto(calls)],
  });
  const server = createSecureServer({ ...certificate, minVersion: "TLSv1.3" }, handler);
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const breakConnections = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    address: `127.0.0.1:${port}`,
    port,
    certificate,
    calls,
    answer: (more) => {
      told.current = { ...told.current, ...more };
    },
    breakConnections,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      breakConnections();
      await closed;
    },
  };
}

/** Looks each answer up when it is asked for, so that a test may change it. */
function implementation(told: { readonly current: AgentAnswers }): AgentAnswers {
  const names = Object.keys(McpAgentService.method) as (keyof AgentAnswers)[];
  const handlers = names.map((name) => {
    const handler = (...given: unknown[]) => {
      const answer = told.current[name] as ((...given: unknown[]) => unknown) | undefined;
      if (answer === undefined) throw new ConnectError(`the fake agent was not told what to say to ${name}`, Code.Unimplemented);
      return answer(...given);
    };
    return [name, handler] as const;
  });
  return Object.fromEntries(handlers) as AgentAnswers;
}

function recordInto(calls: AgentCall[]): Interceptor {
  return (next) => async (request) => {
    const authorization = request.header.get("authorization");
    calls.push({ method: request.method.name, request: request.stream ? undefined : request.message, authorization });
    try {
      if (authorization !== `Bearer ${AGENT_TOKEN}`) {
        throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: it is unknown, expired or revoked");
      }
      return await next(request);
    } catch (thrown) {
      throw thrown instanceof AppError ? overTheWire(thrown) : thrown;
    }
  };
}

function overTheWire(error: AppError): ConnectError {
  return new ConnectError(error.message, GRPC_STATUS[error.code] as Code, agentErrorMetadata(error));
}
