import type { ContainerInfo } from "../../runtime/runtime.ts";
import { containerNotFound } from "../../runtime/runtime-errors.ts";
import { runChecks } from "./checks/all-checks.ts";
import { endpointOf } from "./container-lab.ts";
import { writeDebugBundle } from "./debug-bundle.ts";
import { MemorySampler, tenths, toolTimes, writesOf } from "./metrics.ts";
import type { Observations } from "./observations.ts";
import { observeRunning, viewOf, writesOfRunning } from "./observe-running.ts";
import { countsOf, type VerifyReport } from "./report/verify-report.ts";
import { statelessNoPort } from "./stateless-errors.ts";
import type { Subject, VerifyDeps } from "./subject.ts";

export interface VerifyContainerOptions extends Pick<Subject, "token" | "otherToken" | "tool" | "timeoutMs"> {
  /** Of the container on this machine. */
  readonly container: string;
  /** As it is called in the report. */
  readonly name: string;
  /** Inside the container; undefined: the only one that it publishes. */
  readonly port: number | undefined;
  readonly path: string;
  readonly wantsToken: boolean;
  readonly bundleFolder: string | undefined;
}

const LEFT = "what serves others is not restarted, strained or run a second time; verify its image for that";

/**
 * Looks at a container that runs and serves, and does nothing to it that a client could not do. Throws where no verdict can be
 * given: `not_found`/`CONTAINER_NOT_FOUND`, `invalid`/`STATELESS_PORT_UNKNOWN`, `unauthenticated`/`STATELESS_TOKEN_NEEDED`, …
 */
export async function verifyContainer(deps: VerifyDeps, options: VerifyContainerOptions): Promise<VerifyReport> {
  const [startedAt, startedMs] = [deps.now(), deps.nowMs()];
  const engine = await deps.runtime.version(deps.signal);
  const info = await deps.runtime.inspect(options.container, deps.signal);
  if (info === undefined) throw containerNotFound(options.container);
  const sampler = new MemorySampler(deps.runtime, options.container);
  try {
    const seen = await observe(deps, options, info);
    const memory = await sampler.stop(seen.container.kernel?.memoryPeakBytes);
    const checks = runChecks(seen);
    const counts = countsOf(checks);
    if (counts.verdict === "FAIL" && options.bundleFolder !== undefined) {
      await writeDebugBundle(deps.runtime, [options.container], options.bundleFolder);
      deps.onProgress(`log, changes, settings and measurements of the container are in ${options.bundleFolder}`);
    }
    return {
      subject: { kind: "service", name: options.name, imageId: info.imageId },
      engine: { name: engine.name, version: engine.version },
      startedAt: startedAt.toISOString(),
      ...counts,
      checks,
      metrics: {
        startupMs: null,
        tools: toolTimes(seen.basic?.calls ?? []),
        memory,
        writes: writesOf(seen.writes),
        durationMs: tenths(deps.nowMs() - startedMs),
      },
      kept: [],
    };
  } finally {
    await sampler.stop(undefined);
  }
}

async function observe(deps: VerifyDeps, options: VerifyContainerOptions, info: ContainerInfo): Promise<Observations> {
  const container = await viewOf(info);
  const left = { restart: LEFT, tmpfs: LEFT, strain: LEFT, decoys: LEFT };
  if (info.state !== "running") {
    const ended = `it is ${info.state}`;
    return { container, left: { ...left, writes: ended, auth: ended, basic: ended, isolation: ended, foreignSession: ended } };
  }
  const subject: Subject = { ...options, name: options.container, url: urlOf(info, options) };
  const running = await observeRunning(deps, subject, options.wantsToken);
  const writes = await writesOfRunning(deps, options.container, info.pid);
  return { container, ...running, writes, left: { ...left, ...running.left } };
}

/** By its published port, else by the container's own address. */
function urlOf(info: ContainerInfo, { container, port, path }: VerifyContainerOptions): string {
  const published = info.spec.ports.map(({ containerPort }) => containerPort);
  const containerPort = port ?? (published.length === 1 ? published[0] : undefined);
  if (containerPort === undefined) throw statelessNoPort(container, published);
  const [address] = info.addresses;
  return endpointOf(info, { containerPort, path }) ?? `http://${address ?? "127.0.0.1"}:${containerPort}${path}`;
}
