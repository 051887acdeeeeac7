import type { AgentClient } from "../../api/agent/agent-client.ts";
import { LogStream } from "../../api/agent/contract.ts";
import { AppError } from "../../core/app-error.ts";
import { printable } from "../../core/printable.ts";
import { printableJson } from "../../core/printable-json.ts";
import type { CliDeps } from "../ports.ts";
import type { Fleet } from "./fleet.ts";
import { locateService } from "./locate-service.ts";
import type { ServiceTarget } from "./service-target.ts";

export interface ComponentLogRequest {
  readonly target: ServiceTarget;
  readonly node: string | undefined;
  readonly follow: boolean;
  /** 0 is all of them. */
  readonly tail: number;
  readonly json: boolean;
}

/**
 * Shows what a component writes; of a service with one component its own. What would move the cursor of a terminal is written
 * out. Throws as `locateService`, and `invalid`/`COMPONENT_MISSING`, `unavailable`/`LOGS_ENDED`.
 */
export async function showComponentLogs(deps: CliDeps, fleet: Fleet, request: ComponentLogRequest): Promise<void> {
  const { node, file, registered } = await locateService(fleet, request.target, { node: request.node });
  const agent = await fleet.agent(node);
  const known = (file?.definition ?? registered)?.components.map(({ name }) => name) ?? [];
  const component = request.target.component ?? onlyOne(request.target.service, known);
  const signal = request.follow ? deps.untilInterrupted() : new AbortController().signal;
  try {
    await print(deps, agent, { ...request, component }, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return;
  }
  if (!request.follow || signal.aborted) return;
  throw new AppError("unavailable", "LOGS_ENDED", `Node ${node.name} has ended the stream`, {
    hint: "the component was removed, or its agent stopped",
  });
}

/** Throws `invalid`/`COMPONENT_MISSING`. */
export function onlyOne(service: string, components: readonly string[]): string {
  const [only, another] = components;
  if (only !== undefined && another === undefined) return only;
  throw new AppError("invalid", "COMPONENT_MISSING", `Which component of ${service} is meant?`, {
    hint: components.length === 0 ? "it has none yet" : `write ${components.map((name) => `${service}/${name}`).join(" or ")}`,
  });
}

type Printed = ComponentLogRequest & { readonly component: string };

async function print(deps: CliDeps, agent: AgentClient, request: Printed, signal: AbortSignal): Promise<void> {
  const query = { serviceName: request.target.service, component: request.component, follow: request.follow, tail: request.tail };
  const lines = { [LogStream.STDOUT]: lineReader(), [LogStream.STDERR]: lineReader() };
  const show = (stream: LogStream, line: string) => {
    const name = stream === LogStream.STDERR ? "stderr" : "stdout";
    if (request.json) deps.stdout(`${printableJson({ stream: name, text: line })}\n`);
    else deps.stdout(`${printable(line)}\n`);
  };
  for await (const { stream, data, droppedBytes } of agent.stream((rpc, options) => rpc.streamLogs(query, options), { signal })) {
    if (droppedBytes > 0n) deps.stderr(`… ${droppedBytes} bytes were missed: this reader was too slow\n`);
    const kind = stream === LogStream.STDERR ? LogStream.STDERR : LogStream.STDOUT;
    for (const line of lines[kind].take(data)) show(kind, line);
  }
  for (const kind of [LogStream.STDOUT, LogStream.STDERR] as const) {
    const rest = lines[kind].rest();
    if (rest !== "") show(kind, rest);
  }
}

/** Longer ones are cut in pieces, so that one without an end fills no memory. */
const MAX_LINE = 64 * 1024;

/** Makes lines of pieces, wherever these were cut. */
function lineReader() {
  const decoder = new TextDecoder();
  let open = "";
  return {
    take(data: Uint8Array): readonly string[] {
      const parts = (open + decoder.decode(data, { stream: true })).split("\n");
      open = parts.pop() ?? "";
      if (open.length > MAX_LINE) {
        parts.push(open);
        open = "";
      }
      return parts.map((line) => line.replace(/\r$/, ""));
    },
    rest: () => open + decoder.decode(),
  };
}
