import { toAppError } from "../../../core/app-error.ts";
import { JSON_RPC_CODE } from "../../../core/error-tables.ts";
import { NEWEST_LEGACY } from "../../../mcp/eras/2025-11-25/revisions.ts";
import { errorMessage, JsonRpcFault, resultMessage } from "../../../mcp/json-rpc.ts";
import type { BuiltinServer } from "../../builtin/builtin-server.ts";
import { modernToLegacy } from "../bridge/modern-to-legacy.ts";
import type { InitializeResult, Upstream, UpstreamCall } from "../upstream.ts";
import { NO_SUBSCRIPTIONS } from "../upstream-errors.ts";

export interface BuiltinUpstreamOptions {
  readonly server: BuiltinServer;
  /** Takes what failed inside; the caller hears only that it did. */
  readonly onFailure: (error: unknown) => void;
}

/** A server of our own, called in this process. It is ready as soon as it exists. */
export function builtinUpstream({ server, onFailure }: BuiltinUpstreamOptions): Upstream {
  const initialized = server.initialize(NEWEST_LEGACY) as unknown as InitializeResult;
  const ask = (call: UpstreamCall) => answer(server, call, onFailure);
  return {
    start: () => {},
    ready: async () => initialized,
    request: async (call) => (call.era === "legacy" ? ask(call) : modernToLegacy(call, initialized, ask)),
    notify: () => {},
    subscribe: async () => NO_SUBSCRIPTIONS,
    unsubscribe: () => {},
    keepsPeers: () => false,
    status: () => ({ state: "ready" }),
    close: async () => {},
  };
}

async function answer(server: BuiltinServer, call: UpstreamCall, onFailure: (error: unknown) => void): Promise<string> {
  try {
    const params = call.paramsText === undefined ? {} : JSON.parse(call.paramsText);
    return resultMessage(call.idText, JSON.stringify(await server.request(call.method, params)));
  } catch (thrown) {
    if (thrown instanceof JsonRpcFault) return errorMessage(call.idText, faultBody(thrown));
    onFailure(thrown);
    const error = toAppError(thrown);
    return errorMessage(call.idText, { code: JSON_RPC_CODE[error.code], message: error.message });
  }
}

function faultBody(fault: JsonRpcFault) {
  return { code: fault.code, message: fault.message, ...(fault.data === undefined ? {} : { data: fault.data }) };
}
