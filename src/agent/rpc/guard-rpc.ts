import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectError, HandlerContext, Interceptor, StreamResponse } from "@connectrpc/connect";
import { AppError } from "../../core/app-error.ts";
import { orAborted } from "../../core/or-aborted.ts";
import { type AuthorizeRpcDeps, authorizeRpc, identifyCaller } from "../identity/authorize-rpc.ts";
import type { Role } from "../identity/role.ts";
import { CALLER, IDENTIFIED, requireIdentified } from "./called-by.ts";
import { RPC_ROLES, type RpcName } from "./rpc-roles.ts";
import { failureOf, toConnectError } from "./to-connect-error.ts";

export interface GuardRpcDeps extends AuthorizeRpcDeps {
  /** Aborted with an AppError when the agent is about to stop. */
  readonly ending: AbortSignal;
  /** RPCs that run at one time, streams among them. */
  readonly maxRpcs: number;
  readonly monotonicNow: () => number;
  /** Told of failures inside, with their cause. */
  readonly onFailure: (method: string, cause: unknown) => void;
}

/** What stands before every RPC, and around it. */
export interface RpcGuard {
  /** Before anything of the request is read: who has no valid token sends nothing that is looked at. */
  readonly gate: (context: HandlerContext) => Promise<void>;
  readonly interceptor: Interceptor;
}

export function guardRpc(deps: GuardRpcDeps): RpcGuard {
  return { gate: gateOf(deps), interceptor: interceptorOf(deps) };
}

function gateOf(deps: GuardRpcDeps): RpcGuard["gate"] {
  return async ({ method, requestHeader, values }) => {
    const call = { method: pathOf(method), needs: roleOf(method), authorization: requestHeader.get("authorization") };
    try {
      values.set(IDENTIFIED, await identifyCaller(call, deps));
    } catch (thrown) {
      throw toConnectError(failureOf(thrown, []));
    }
  };
}

/**
 * Goes around every RPC: there is room for it, its caller has the role, the audit has it, it ends when its deadline is over,
 * and what it fails with is told in the contract's words.
 */
function interceptorOf(deps: GuardRpcDeps): Interceptor {
  let running = 0;
  return (next) => async (request) => {
    if (running >= deps.maxRpcs) throw toConnectError(tooMany(deps.maxRpcs));
    running += 1;
    let begun: Begun | undefined;
    const end = (thrown?: unknown): ConnectError | undefined => {
      running -= 1;
      return thrown === undefined ? begun?.ended() : toConnectError(begun?.failed(thrown) ?? failureOf(thrown, []));
    };
    try {
      if (deps.ending.aborted) throw deps.ending.reason;
      begun = admit(request, deps);
      // A handler may not notice that its time is over; its caller is told all the same.
      const response = await orAborted(next(request), request.signal);
      if (!response.stream) {
        end();
        return response;
      }
      return { ...response, message: eachUntil(response.message, end) } as StreamResponse;
    } catch (thrown) {
      throw end(thrown) ?? thrown;
    }
  };
}

/** The RPC as it is known to the audit. */
interface Begun {
  ended(): undefined;
  failed(thrown: unknown): AppError | ConnectError;
}

type GuardedRequest = Parameters<ReturnType<Interceptor>>[0];

function admit(request: GuardedRequest, deps: GuardRpcDeps): Begun {
  const { audit, clock, monotonicNow, ending } = deps;
  const method = pathOf(request.method);
  const needs = roleOf(request.method);
  const about = { method, ...targetOf(request) };
  const caller = requireIdentified(request.contextValues);
  authorizeRpc({ ...about, needs, caller }, deps);
  const { username } = caller;
  request.contextValues.set(CALLER, username);
  const startedMs = monotonicNow();
  const record = (reason?: string) => {
    const timestamp = clock.now().toISOString();
    const durationMs = Math.round(monotonicNow() - startedMs);
    audit.record({ ...about, caller: username, timestamp, outcome: "ended", durationMs, ...(reason === undefined ? {} : { reason }) });
  };
  return {
    ended: () => {
      if (needs !== "view") record();
      return undefined;
    },
    failed: (thrown) => {
      const failure = failureOf(thrown, [request.signal, ending]);
      if (failure instanceof AppError && failure.code === "internal") deps.onFailure(method, failure.cause ?? failure);
      record(failure instanceof AppError ? failure.reason : `GRPC_${failure.code}`);
      return failure;
    },
  };
}

function roleOf(method: DescMethod): Role {
  return RPC_ROLES[method.localName as RpcName];
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** What a request is about; the first message of a stream is not read yet. */
function targetOf(request: GuardedRequest): { readonly target?: string } {
  if (request.stream) return {};
  const { serviceName, component, spec } = request.message as { serviceName?: string; component?: string; spec?: { name?: string } };
  const service = spec?.name ?? serviceName ?? "";
  if (service === "") return {};
  return { target: (component === undefined || component === "" ? service : `${service}/${component}`).slice(0, 200) };
}

/** Calls `end` once, however the stream ends; also where nobody reads it to its end. */
async function* eachUntil<T>(source: AsyncIterable<T>, end: (thrown?: unknown) => ConnectError | undefined): AsyncGenerator<T> {
  let over = false;
  try {
    yield* source;
  } catch (thrown) {
    over = true;
    throw end(thrown) ?? thrown;
  } finally {
    if (!over) end();
  }
}

function tooMany(maxRpcs: number): AppError {
  return new AppError("exhausted", "TOO_MANY_RPCS", `The agent has ${maxRpcs} calls in hand already`, {
    hint: "try again in a moment",
    retryAfterSeconds: 1,
  });
}
