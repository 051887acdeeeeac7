import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import { withDeadline } from "../../mcp/client/with-deadline.ts";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { Healthcheck } from "../../service-definition/service-definition.ts";
import { endpointOf, urlOf } from "./endpoint-of.ts";
import type { Answer, Endpoint, ProbePorts } from "./probe-ports.ts";
import type { ProbeLayer, Prober, ProbeVerdict } from "./prober.ts";
import { processFault } from "./process-fault.ts";
import { runCheckCommand } from "./run-check-command.ts";

/** A prober that goes up the layers and stops at the first that fails. Where there is no health check, the process is all it looks at. */
export function createProber(ports: ProbePorts): Prober {
  return {
    async probe(container, healthcheck, signal) {
      signal?.throwIfAborted();
      const fault = processFault(container, ports.isProcessAlive);
      if (fault !== undefined) return { ok: false, layer: "process", reason: fault };
      if (healthcheck === undefined) return { ok: true, detail: "its process runs" };
      return lookWithin(ports, container, healthcheck, signal);
    },
  };
}

/** Where a look has got to; a deadline that passes is told with it. */
interface Look {
  layer: ProbeLayer;
  verdict: ProbeVerdict | undefined;
}

async function lookWithin(
  ports: ProbePorts,
  container: ContainerInfo,
  healthcheck: Healthcheck,
  caller: AbortSignal | undefined,
): Promise<ProbeVerdict> {
  const { probe, timeoutMs } = healthcheck;
  const look: Look = { layer: probe.kind === "exec" ? "answer" : "port", verdict: undefined };
  try {
    return await withDeadline({ what: "the health check", timeoutMs, signals: [caller] }, (signal) =>
      climb(ports, container, healthcheck, look, signal),
    );
  } catch (thrown) {
    caller?.throwIfAborted();
    // What is given back after the answer does not make the answer worse.
    return look.verdict ?? { ok: false, layer: look.layer, reason: reasonOf(thrown, look.layer, timeoutMs) };
  }
}

async function climb(
  ports: ProbePorts,
  container: ContainerInfo,
  { probe, timeoutMs }: Healthcheck,
  look: Look,
  signal: AbortSignal,
): Promise<ProbeVerdict> {
  if (probe.kind === "exec") return verdictOf(await runCheckCommand(ports.runtime, container.name, probe.command, signal));
  const endpoint = endpointOf(container, probe.port);
  if (endpoint === undefined)
    return { ok: false, layer: "port", reason: `port ${probe.port} leads nowhere: it has no address and the port is not published` };
  const dialed = await ports.dial(endpoint, signal);
  if (!dialed.ok) return { ok: false, layer: "port", reason: dialed.reason };
  if (probe.kind === "tcp") return { ok: true, detail: dialed.detail };
  look.layer = "answer";
  const answer = await ask(ports, endpoint, probe, { timeoutMs, signal });
  look.verdict = verdictOf(answer);
  if (answer.ok) await answer.release?.();
  return look.verdict;
}

function ask(
  ports: ProbePorts,
  endpoint: Endpoint,
  probe: { readonly kind: "mcp" | "http"; readonly path: string },
  within: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const url = urlOf(endpoint, probe.path);
  return probe.kind === "mcp" ? ports.askMcp(url, within) : ports.askHttp(url, within.signal);
}

function verdictOf(answer: Answer): ProbeVerdict {
  return answer.ok ? { ok: true, detail: answer.detail } : { ok: false, layer: "answer", reason: answer.reason };
}

const SILENT: Readonly<Record<ProbeLayer, string>> = {
  process: "its process could not be looked at",
  port: "its port took no connection",
  answer: "it did not answer",
};

function reasonOf(thrown: unknown, layer: ProbeLayer, timeoutMs: number): string {
  if (thrown instanceof AppError && thrown.code === "deadline") return `${SILENT[layer]} within ${timeoutMs} ms`;
  return oneLine(thrown instanceof Error ? thrown.message : String(thrown));
}
