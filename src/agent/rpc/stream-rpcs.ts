import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { LogStream, type McpAgentService, type StreamLogsRequest, type WatchEventsRequest } from "../../../gen/mcp/v1/mcp_pb.ts";
import { given } from "../../core/given.ts";
import type { AgentServiceDeps, ComponentOutput } from "./agent-service-deps.ts";
import { operationMessage, stepMessage } from "./operation-message.ts";
import { named, refused, required } from "./request-field.ts";
import { eventMessage } from "./state-message.ts";
import { parseTimestamp, timestampOf } from "./time-message.ts";
import { withHeartbeats } from "./with-heartbeats.ts";

/** As the contract says. */
const HEARTBEAT_MS = 15_000;
/** Of one message of output. */
const PIECE_BYTES = 64 * 1024;

type StreamRpcs = Pick<ServiceImpl<typeof McpAgentService>, "watchEvents" | "streamLogs">;

export function streamRpcs(deps: AgentServiceDeps): StreamRpcs {
  return {
    async *watchEvents(request, context) {
      const { clock, heartbeatMs = HEARTBEAT_MS } = deps;
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, deps.ending, stop.signal]);
      const beat = () => ({ what: { case: "heartbeat" as const, value: { ...given({ at: timestampOf(clock.now()) }) } } });
      try {
        yield* withHeartbeats<EventMessage>(eventsOf(deps, request, signal), heartbeatMs, beat);
        throwIfEnded(deps, context);
      } finally {
        stop.abort();
      }
    },
    async *streamLogs(request, context) {
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, deps.ending, stop.signal]);
      try {
        for await (const output of deps.logs.follow({ ...logsQuery(request), signal })) yield* logMessages(output);
        throwIfEnded(deps, context);
      } finally {
        stop.abort();
      }
    },
  };
}

type EventMessage =
  | { what: { case: "event"; value: ReturnType<typeof eventMessage> } }
  | { what: { case: "operation"; value: { operation: ReturnType<typeof operationMessage>; step?: ReturnType<typeof stepMessage> } } }
  | { what: { case: "heartbeat"; value: { at?: NonNullable<ReturnType<typeof timestampOf>> } } };

async function* eventsOf(
  { useCases: { status } }: AgentServiceDeps,
  request: WatchEventsRequest,
  signal: AbortSignal,
): AsyncGenerator<EventMessage> {
  const service = named("service_name", request.serviceName);
  const since = parseTimestamp("since", request.since);
  if (request.operationId !== "") {
    if (service !== undefined || since !== undefined) throw refused("operation_id goes with neither service_name nor since");
    for await (const { report, step } of status.watchOperation(request.operationId, signal)) {
      const operation = operationMessage(report);
      yield { what: { case: "operation", value: { operation, ...given({ step: step === undefined ? undefined : stepMessage(step) }) } } };
    }
    return;
  }
  for await (const event of status.watchEvents({ signal, ...given({ service, since }) })) {
    yield { what: { case: "event", value: eventMessage(event) } };
  }
}

function logsQuery({ serviceName, component, follow, tail, since, timestamps }: StreamLogsRequest) {
  return {
    service: required("service_name", serviceName),
    component: required("component", component),
    follow,
    timestamps,
    ...given({ tail: tail === 0 ? undefined : tail, since: parseTimestamp("since", since) }),
  };
}

function* logMessages({ stream, data, containerId, droppedBytes }: ComponentOutput) {
  const about = { stream: stream === "stdout" ? LogStream.STDOUT : LogStream.STDERR, containerId };
  for (let at = 0; at < Math.max(1, data.length); at += PIECE_BYTES) {
    const piece = data.subarray(at, at + PIECE_BYTES) as Uint8Array<ArrayBuffer>;
    yield { ...about, data: piece, droppedBytes: at === 0 ? BigInt(droppedBytes) : 0n };
  }
}

/** A stream that was cut is not one that has ended. */
function throwIfEnded({ ending }: AgentServiceDeps, { signal }: HandlerContext): void {
  signal.throwIfAborted();
  ending.throwIfAborted();
}
