import type { ContainerSpec, ImageInfo } from "../../runtime/runtime.ts";
import { imageNotFound } from "../../runtime/runtime-errors.ts";
import { runChecks } from "./checks/all-checks.ts";
import { ContainerLab, type Started } from "./container-lab.ts";
import { writeDebugBundle } from "./debug-bundle.ts";
import { kernelView } from "./linux/kernel-view.ts";
import { MemorySampler, type Metrics, tenths, toolTimes, writesOf } from "./metrics.ts";
import type { Observations } from "./observations.ts";
import { behaviourOf } from "./observe/behaviour.ts";
import { decoyRun } from "./observe/decoy-run.ts";
import { restartRun } from "./observe/restart-run.ts";
import { strainRun } from "./observe/strain-run.ts";
import { writableRun } from "./observe/writable-run.ts";
import { observeRunning, viewOf, writesOfRunning } from "./observe-running.ts";
import { countsOf, type VerifyReport } from "./report/verify-report.ts";
import { statelessNoPort } from "./stateless-errors.ts";
import { statelessSpec, volumesToCover } from "./stateless-spec.ts";
import { nextStep, type Subject, type VerifyDeps } from "./subject.ts";

export interface VerifyImageOptions extends Pick<Subject, "token" | "otherToken" | "tool" | "timeoutMs"> {
  readonly image: string;
  /** Undefined: the only one that the image exposes. */
  readonly port: number | undefined;
  /** 0: one that is free. */
  readonly hostPort: number;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the server is to refuse who brings no token. */
  readonly wantsToken: boolean;
  readonly startTimeoutMs: number;
  /** Leaves the containers where they are. */
  readonly keep: boolean;
  /** Where a failure leaves what helps to understand it; undefined: nowhere. */
  readonly bundleFolder: string | undefined;
  /** Changes the container before it is made: how tests loosen the contract. */
  readonly alter?: (spec: ContainerSpec) => ContainerSpec;
}

/**
 * Runs an image under the stateless contract and checks every promise of it. A violation is in the report. Throws where no
 * verdict can be given: `not_found`/`IMAGE_NOT_FOUND`, `conflict`/`PORT_TAKEN`, `unavailable`/`RUNTIME_UNAVAILABLE`,
 * `deadline`/`STATELESS_NOT_RESPONDING`, `unauthenticated`/`STATELESS_TOKEN_NEEDED`, `invalid`/`STATELESS_PORT_UNKNOWN`.
 */
export async function verifyImage(deps: VerifyDeps, options: VerifyImageOptions): Promise<VerifyReport> {
  const engine = await deps.runtime.version(deps.signal);
  const image = await deps.runtime.image(options.image, deps.signal);
  if (image === undefined) throw imageNotFound(options.image);
  const containerPort = portOf(image, options);
  const lab = new ContainerLab(deps, { ...options, containerPort });
  try {
    return await verifyIn(lab, deps, options, { engine, image, containerPort });
  } finally {
    if (!options.keep) await lab.close();
  }
}

function portOf({ exposedPorts }: ImageInfo, { image, port }: VerifyImageOptions): number {
  const [only, ...more] = exposedPorts;
  if (port !== undefined) return port;
  if (only !== undefined && more.length === 0) return only;
  throw statelessNoPort(image, exposedPorts);
}

interface Found {
  readonly engine: VerifyReport["engine"];
  readonly image: ImageInfo;
  readonly containerPort: number;
}

async function verifyIn(lab: ContainerLab, deps: VerifyDeps, options: VerifyImageOptions, found: Found): Promise<VerifyReport> {
  const [startedAt, startedMs] = [deps.now(), deps.nowMs()];
  const volumes = volumesToCover(deps.runtime, found.image);
  const plain = statelessSpec({ ...options, name: lab.nameOf("strict"), containerPort: found.containerPort, volumes });
  const spec = options.alter?.(plain) ?? plain;
  nextStep(deps, `starting ${options.image} under the stateless contract`);
  const started = await lab.start(spec);
  const { seen, measured } =
    started.kind === "ended"
      ? { seen: await observeEnded(deps, started.info), measured: UNMEASURED }
      : await observeImage(lab, deps, options, spec, started);
  const checks = runChecks(seen);
  const counts = countsOf(checks);
  if (counts.verdict === "FAIL" && options.bundleFolder !== undefined) {
    await writeDebugBundle(deps.runtime, lab.names, options.bundleFolder);
    deps.onProgress(`logs, changes, settings and measurements of the containers are in ${options.bundleFolder}`);
  }
  return {
    subject: { kind: "image", name: options.image, imageId: found.image.id },
    engine: { name: found.engine.name, version: found.engine.version },
    startedAt: startedAt.toISOString(),
    ...counts,
    checks,
    metrics: { ...measured, writes: writesOf(seen.writes), durationMs: tenths(deps.nowMs() - startedMs) },
    kept: options.keep ? lab.names : [],
  };
}

type Measured = Omit<Metrics, "writes" | "durationMs">;

const UNMEASURED: Measured = { startupMs: null, tools: [], memory: { peakBytes: 0, meanBytes: 0, samples: 0 } };
const ENDED = "the container does not run";

/** Its log and its changes are all there is. */
async function observeEnded(deps: VerifyDeps, info: Started["info"]): Promise<Observations> {
  const parts = ["auth", "basic", "isolation", "foreignSession", "restart", "tmpfs", "strain", "decoys"] as const;
  const left = Object.fromEntries(parts.map((part) => [part, ENDED]));
  return { container: await viewOf(info), writes: await writesOfRunning(deps, info.name, info.pid), left };
}

async function observeImage(
  lab: ContainerLab,
  deps: VerifyDeps,
  options: VerifyImageOptions,
  spec: ContainerSpec,
  started: Started,
): Promise<{ readonly seen: Observations; readonly measured: Measured }> {
  const subject: Subject = { ...options, name: started.name, url: started.url };
  const { memory, strict, first, ...running } = await observeFirstStart(deps, subject, options, started);
  nextStep(deps, "restarting it");
  const again = await restartRun(deps, lab, { subject, pid: started.info.pid, first });
  // The first container stays, for whoever wants to look at it; its port is its own.
  const beside = { ...spec, ports: spec.ports.map((port) => ({ ...port, hostPort: 0 })) };
  nextStep(deps, "running it with a root that it could write to, and with a person's credentials at hand");
  const [writable, decoys] = await Promise.all([
    writableRun(deps, lab, { ...beside, name: lab.nameOf("writable") }, subject),
    decoyRun(deps, lab, { ...beside, name: lab.nameOf("decoys") }, options),
  ]);
  const seen: Observations = {
    ...running,
    ...again,
    writes: { ...strict, writable },
    ...(decoys === undefined ? {} : { decoys }),
    left: { ...running.left, ...again.left, ...(decoys === undefined ? { decoys: "it does not start with credentials at hand" } : {}) },
  };
  return { seen, measured: { startupMs: tenths(started.startupMs), tools: toolTimes(running.basic.calls), memory } };
}

/** All that can be seen up to the first restart. */
async function observeFirstStart(deps: VerifyDeps, subject: Subject, { wantsToken }: VerifyImageOptions, { info }: Started) {
  const sampler = new MemorySampler(deps.runtime, subject.name);
  try {
    const container = await viewOf(info);
    const first = await behaviourOf(deps, subject);
    const running = await observeRunning(deps, subject, wantsToken);
    nextStep(deps, "asking for more than it can give");
    const strain = await strainRun(deps, subject);
    const strict = await writesOfRunning(deps, subject.name, info.pid);
    const memory = await sampler.stop((await kernelView(info.pid))?.memoryPeakBytes);
    return { container, first, ...running, strain, strict, memory };
  } finally {
    await sampler.stop(undefined);
  }
}
