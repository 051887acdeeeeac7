import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import { containerNotFound } from "../../runtime/runtime-errors.ts";
import type { Healthcheck } from "../../service-definition/service-definition.ts";
import type { Progress } from "../operation/operation-run.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { lastLines } from "./last-lines.ts";

type GateDeps = Pick<EngineDeps, "runtime" | "prober" | "timer">;

const FIRST_WAIT_MS = 150;
/** Without a healthcheck: it is taken for good when it is still up after so many looks. */
const PLAIN = { looks: 3, intervalMs: 200, deadlineMs: 10_000 };

/**
 * Resolves with the container when it is healthy: once by its healthcheck, or up for a moment where it has none. Throws
 * `unavailable`/`GATE_FAILED` as soon as it has ended, or at the deadline; the message says which layer failed and what the
 * container said last.
 */
export async function awaitHealthy(
  deps: GateDeps,
  wish: { readonly name: string; readonly healthcheck: Healthcheck | undefined },
  progress: Progress,
  signal: AbortSignal,
): Promise<ContainerInfo> {
  const { name, healthcheck } = wish;
  const { intervalMs, deadlineMs } = healthcheck ?? PLAIN;
  const needed = healthcheck === undefined ? PLAIN.looks : 1;
  const startedMs = deps.timer.monotonicMs();
  let good = 0;
  for (let attempt = 1; ; attempt += 1) {
    const info = await deps.runtime.inspect(name, signal);
    if (info === undefined) throw containerNotFound(name);
    const verdict = await deps.prober.probe(info, healthcheck, signal);
    good = verdict.ok ? good + 1 : 0;
    if (good >= needed) {
      progress(verdict.ok ? `healthy at look ${attempt}: ${verdict.detail}` : "");
      return info;
    }
    const problem = verdict.ok ? `still up at look ${attempt}` : `${verdict.layer}: ${verdict.reason}`;
    progress(`look ${attempt}: ${problem}`);
    const elapsedMs = deps.timer.monotonicMs() - startedMs;
    const hasEnded = info.state === "exited" || info.state === "removing";
    const waitMs = lookWaitMs(attempt, intervalMs);
    if (hasEnded || elapsedMs + waitMs > deadlineMs) throw await gateFailed(deps, name, problem, hasEnded ? undefined : deadlineMs);
    await deps.timer.wait(waitMs, signal);
  }
}

/** What is to take over is looked at often at first: the healthcheck's own interval is meant for what runs for days. */
function lookWaitMs(attempt: number, intervalMs: number): number {
  return Math.min(intervalMs, Math.round(FIRST_WAIT_MS * 1.5 ** (attempt - 1)));
}

async function gateFailed(deps: GateDeps, name: string, problem: string, deadlineMs: number | undefined): Promise<AppError> {
  const lines = await lastLines(deps.runtime, name, 5);
  const when = deadlineMs === undefined ? "it ended" : `it was not healthy within ${deadlineMs / 1000} s`;
  const said = lines.length === 0 ? "it printed nothing" : `its last lines: ${lines.map((line) => oneLine(line)).join(" | ")}`;
  return new AppError("unavailable", "GATE_FAILED", `The new container failed its health gate, ${when} (layer ${problem}); ${said}`, {
    hint: "look at what it prints, and at the healthcheck of its definition",
  });
}
