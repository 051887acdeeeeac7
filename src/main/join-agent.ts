import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { createBindGuard } from "../agent/component/bind-guard.ts";
import type { ReadSecret } from "../agent/component/blueprint.ts";
import { LABELS, labelsOfNode } from "../agent/component/labels.ts";
import { type ContainerReads, ownContainers } from "../agent/component/own-containers.ts";
import { isForeign } from "../agent/component/ownership-of.ts";
import { createEngine, type Engine } from "../agent/engine/create-engine.ts";
import { createDriftFinder } from "../agent/engine/drift-finder.ts";
import { ServiceFiles } from "../agent/files/service-files.ts";
import { ComponentCommands } from "../agent/logs/component-commands.ts";
import { ComponentLogs } from "../agent/logs/component-logs.ts";
import type { DriftFinder } from "../agent/monitor/drift-of.ts";
import { Monitor } from "../agent/monitor/monitor.ts";
import { alertCommandOf } from "../agent/monitor/process/run-alert-command.ts";
import { systemTiming } from "../agent/monitor/timing.ts";
import { type DrainState, openDrainState, requireUndrained } from "../agent/node/drain-state.ts";
import { createNodeUseCases } from "../agent/node/node-use-cases.ts";
import { operationReport } from "../agent/operation/operation-report.ts";
import { askHttp } from "../agent/probe/http/ask-http.ts";
import { askMcp } from "../agent/probe/http/ask-mcp.ts";
import { createProber } from "../agent/probe/layered-prober.ts";
import { dialTcp } from "../agent/probe/net/dial-tcp.ts";
import type { Prober } from "../agent/probe/prober.ts";
import { takeSnapshot } from "../agent/snapshot/take-snapshot.ts";
import { NodeStatus } from "../agent/status/node-status.ts";
import { AppError } from "../core/app-error.ts";
import { waitOrAbort } from "../core/cancelable-wait.ts";
import { systemClock } from "../core/clock.ts";
import { randomIds } from "../core/ids.ts";
import type { ContainerSummary } from "../runtime/runtime.ts";
import { checkSqliteFile } from "../store/sqlite/check-sqlite-file.ts";
import type { AgentGround, AgentParts } from "./agent-parts.ts";

/** An agent from its parts: what changes components, what watches them, and what is told of them. */
export function joinAgent(ground: AgentGround): AgentParts {
  const { nodeName, agentId, registry, runtime, dataDir } = ground;
  const own = ownContainers(runtime, { node: nodeName, agent: agentId });
  const files = serviceFiles(ground);
  const readSecret = secretReader(files);
  const guardBinds = createBindGuard({ serviceDirectory: (service) => join(ground.filesRoot, service), roots: ground.bindRoots });
  const drain = openDrainState(join(dataDir, "drained"));
  const looksAt = ground.processes === undefined ? {} : { isProcessAlive: ground.processes.isAlive };
  const prober = createProber({ runtime, dial: dialTcp, askHttp, askMcp, ...looksAt });
  const engine = createEngine({
    registry,
    runtime,
    prober,
    clock: systemClock,
    timer: { monotonicMs: () => performance.now(), wait: waitOrAbort },
    traffic: ground.traffic,
    node: nodeName,
    agent: agentId,
    ids: randomIds,
    readSecret,
    guardBinds,
    requireOpen: () => requireUndrained(drain),
  });
  const monitor = watchComponents(ground, {
    engine,
    own,
    drain,
    prober,
    diffOf: createDriftFinder({ registry, runtime, readSecret, guardBinds }),
  });
  const reports = {
    report: (id: string) => operationReport(registry, id),
    listen: (id: string, onNews: () => void) => engine.feed.listen(id, onNews),
  };
  return {
    useCases: {
      deploys: engine.deploys,
      lifecycle: engine.lifecycle,
      status: new NodeStatus({ registry, observer: monitor, operations: reports, timing: systemTiming }),
      adoption: engine.adoption,
      node: nodeUseCases(ground, { engine, drain, monitor }),
    },
    files,
    logs: new ComponentLogs({ runtime: own, registry }),
    commands: new ComponentCommands({ runtime: own, registry }),
    serving: (service, component) => engine.runs.serving(service, component),
    async start() {
      await engine.recover();
      await rebuildWhereLost(ground, engine);
      await monitor.start();
    },
    async stop() {
      await monitor.stop();
      await engine.close();
    },
  };
}

/** A registry that knows nothing, on a node with containers of ours, was lost. */
async function rebuildWhereLost({ registry, runtime, nodeName, agentId, log }: AgentGround, engine: Engine): Promise<void> {
  if ((await registry.services()).length > 0) return;
  try {
    const adopted = await engine.rebuild();
    if (adopted.length > 0)
      log.warn({ adopted }, "the registry was empty and is filled from the labels of this node's containers: sync its services");
    const identity = { node: nodeName, agent: agentId };
    const others = (await runtime.list({ labels: labelsOfNode(nodeName) })).filter((container) => isForeign(container, identity));
    if (others.length > 0)
      log.warn({ containers: namesByAgent(others) }, "another agent of this node's name has made containers: they are left alone");
  } catch (thrown) {
    log.warn({ err: thrown }, "the registry is empty, and the container engine cannot be asked what it should hold");
  }
}

function namesByAgent(containers: readonly ContainerSummary[]): Readonly<Record<string, readonly string[]>> {
  const groups = Object.groupBy(containers, ({ labels }) => labels[LABELS.agent] ?? "");
  return Object.fromEntries(Object.entries(groups).map(([agent, made = []]) => [agent, made.map(({ name }) => name)]));
}

interface Joined {
  readonly engine: Engine;
  readonly drain: DrainState;
}

function watchComponents(
  ground: AgentGround,
  { engine, own, drain, prober, diffOf }: Joined & { readonly own: ContainerReads; readonly prober: Prober; readonly diffOf: DriftFinder },
): Monitor {
  const { nodeName, monitor: settings, registry, log } = ground;
  return new Monitor({
    nodeName,
    settings,
    runtime: own,
    registry,
    prober,
    operations: {
      busy: (service) => engine.runs.busy(service),
      drained: () => drain.drained,
      heal: (service, component, reason) => engine.runs.heal(service, component, reason),
    },
    diffOf,
    alertCommand: alertCommandOf({
      argv: settings.alertCommand,
      timeoutMs: settings.alertTimeoutMs,
      env: { PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin" },
      signalGroup: (pid, signal) => void process.kill(-pid, signal),
    }),
    ...(ground.processes === undefined ? {} : { processes: ground.processes }),
    timing: systemTiming,
    random: Math.random,
    log,
  });
}

function nodeUseCases(ground: AgentGround, { engine, drain, monitor }: Joined & { readonly monitor: Monitor }) {
  const { nodeName, registry, runtime, startedAt, backupsDir, keepSnapshots } = ground;
  return createNodeUseCases({
    node: nodeName,
    registry,
    runtime,
    lifecycle: engine.lifecycle,
    drain,
    clock: systemClock,
    startedAt,
    problems: async () => [...ground.certificateProblems(), ...monitor.problems()],
    undeclared: () => monitor.undeclared(),
    diskFree: () => diskFree(ground),
    takeSnapshot: () =>
      takeSnapshot({
        copyTo: (file) => registry.copyTo(file),
        check: checkSqliteFile,
        folder: backupsDir,
        keep: keepSnapshots,
        clock: systemClock,
      }),
  });
}

function serviceFiles({ filesRoot, dataDir, backupsDir, maxFileBytes, keepFreeBytes }: AgentGround): ServiceFiles {
  return new ServiceFiles({ root: filesRoot, reserved: [dataDir, backupsDir], maxBytes: maxFileBytes, keepFreeBytes });
}

/** Longer than any key or password. */
const MAX_SECRET_BYTES = 64 * 1024;

/** Secrets are files of the service, read under the same rules; the end of their last line is none of them. */
function secretReader(files: ServiceFiles): ReadSecret {
  return async (service, path, signal) => {
    const file = await files.pull({ service, path }, signal);
    try {
      if (file.size > MAX_SECRET_BYTES)
        throw new AppError("invalid", "SECRET_TOO_LARGE", `The secret ${service}/${path} has ${file.size} bytes`);
      return Buffer.concat(await Array.fromAsync(file.content))
        .toString("utf8")
        .replace(/\r?\n$/, "");
    } finally {
      await file.close();
    }
  };
}

const STORAGE = "/var/lib/containers";

async function diskFree({ dataDir }: AgentGround): Promise<number> {
  const { bavail, bsize } = await statfs(STORAGE).catch(() => statfs(dataDir));
  return bavail * bsize;
}
