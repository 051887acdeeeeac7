import type { AgentClient, AgentRpc } from "../../api/agent/agent-client.ts";
import type { ComponentResult, Operation } from "../../api/agent/contract.ts";
import { toAppError } from "../../core/app-error.ts";

const MAX_TRIES = 3;

/** What every change answers with. */
export interface OperationAnswer {
  readonly operation?: Operation | undefined;
  readonly results: readonly ComponentResult[];
}

type CallOptions = Parameters<AgentRpc["deploy"]>[1];

/**
 * Asks for a change. Where the connection is lost meanwhile, it is asked for again with the same request id, which is the
 * same operation.
 */
export async function beginOperation<T extends OperationAnswer>(
  agent: AgentClient,
  ask: (rpc: AgentRpc, options: CallOptions) => Promise<T>,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await agent.call(ask, options);
    } catch (thrown) {
      const { reason } = toAppError(thrown);
      if (reason !== "NODE_LOST" || tries >= MAX_TRIES) throw thrown;
    }
  }
}
