import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteRegistry } from "../../src/agent/registry/sqlite/sqlite-registry.ts";
import type { Figure } from "../access/measure.ts";
import { buildPrograms } from "../gateway/machine/built-programs.ts";
import { findProgram } from "../gateway/machine/find-program.ts";
import { type MachineFacts, readMachineFacts } from "../gateway/machine/machine-facts.ts";
import { ReleaseStack } from "../gateway/machine/release-stack.ts";
import { type AgentProgram, registryFileIn, startAgentProgram } from "./agent-program.ts";
import { benchEngine } from "./bench-engine.ts";
import { deployOverhead } from "./deploy-overhead.ts";
import { exitsSeen } from "./exits-seen.ts";
import { listLatency } from "./list-latency.ts";
import type { AgentBenchOptions } from "./options.ts";
import { playNode } from "./played/played-node.ts";
import { playPodman } from "./played/played-podman.ts";
import { fillPodmanNode, openPodmanNode } from "./podman-node.ts";
import { rpcLatency } from "./rpc-latency.ts";
import { measureWatch, type WatchCost } from "./watch-cost.ts";
import { watchFigures } from "./watch-figures.ts";

export interface AgentBenchRun {
  /** The checkout. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** What a run found out; this is the JSON. */
export interface AgentBenchReport {
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly options: AgentBenchOptions;
  readonly machine: MachineFacts;
  readonly figures: readonly Figure[];
  readonly notMeasured: readonly { readonly name: string; readonly reason: string }[];
}

interface Ground extends AgentBenchRun {
  readonly options: AgentBenchOptions;
  /** A new and empty one. */
  readonly newFolder: () => Promise<string>;
}

/** Measures everything that can be measured here. Leaves nothing behind, in podman neither, whatever happens. */
export async function runAgentBench(options: AgentBenchOptions, run: AgentBenchRun): Promise<AgentBenchReport> {
  const startedAt = new Date();
  const machine = readMachineFacts(run.root, "bench/peers");
  const scratch = await mkdtemp(join(tmpdir(), "mcb-"));
  let folders = 0;
  const newFolder = async () => {
    folders += 1;
    const folder = join(scratch, String(folders));
    await mkdir(folder);
    return folder;
  };
  try {
    run.progress("the executable is built");
    await buildPrograms(run.root);
    const ground: Ground = { ...run, options, newFolder };
    const played = await measurePlayed(ground);
    const hasPodman = findProgram("podman") !== undefined;
    const notMeasured = hasPodman ? [] : [{ name: "everything on a real podman", reason: "podman is not installed" }];
    const figures = [...(hasPodman ? await measurePodman(ground) : []), ...played];
    const tookSeconds = (Date.now() - startedAt.getTime()) / 1000;
    return { startedAt: startedAt.toISOString(), tookSeconds, options, machine, figures, notMeasured };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The agent beside a podman that is played: what it costs itself at a thousand containers. */
async function measurePlayed(ground: Ground): Promise<Figure[]> {
  const { options, progress } = ground;
  const node = "played";
  const costs: WatchCost[] = [];
  const figures: Figure[] = [];
  for (const containers of steps(options, options.played)) {
    progress(`a played podman with ${containers} containers`);
    const folder = await ground.newFolder();
    const file = registryFileIn(folder);
    const socket = join(folder, "played.sock");
    const infos = await playNode(file, node, containers);
    const isLast = containers === options.played;
    if (isLast) figures.push(await listLatency(file, containers, options.calls));
    const podman = await playPodman(socket, infos, process.pid);
    try {
      await withAgent(ground, { folder, node, socket }, async (agent) => {
        costs.push(await measureWatch(agent, containers, { ...options, ...ground }));
        if (isLast) figures.push(...(await rpcLatency(agent, `${containers} components, podman played`, "service-0", options.calls)));
      });
    } finally {
      await podman.close();
    }
  }
  return [...watchFigures("podman played", costs), ...figures];
}

async function measurePodman(ground: Ground): Promise<Figure[]> {
  const { options, signal, newFolder, progress } = ground;
  const node = `mcb${randomBytes(4).toString("hex")}`;
  const releases = new ReleaseStack();
  try {
    const podman = await openPodmanNode({ node, folder: await newFolder(), releases, signal });
    progress("deploys beside podman alone");
    const figures = await measureDeploys(ground, { ...podman, node });
    const costs: WatchCost[] = [];
    for (const containers of steps(options, options.containers)) {
      progress(`a real podman with ${containers} containers`);
      const folder = await newFolder();
      const registryFile = registryFileIn(folder);
      const filled = await fillPodmanNode(podman, { node, components: containers, registryFile, signal });
      await withAgent(ground, { folder, node, socket: undefined }, async (agent) => {
        costs.push(await measureWatch(agent, containers, { ...options, signal }));
        const [first] = filled;
        if (containers < options.containers || first === undefined) return;
        figures.push(...(await rpcLatency(agent, `${containers} components, podman`, first.service, options.calls)));
        progress("containers are killed");
        figures.push(...(await exitsSeen({ registryFile, runtime: podman.runtime, components: filled, kills: options.kills, signal })));
      });
    }
    return [...watchFigures("podman", costs), ...figures];
  } finally {
    for (const failure of await releases.releaseAll()) progress(`could not be removed: ${failure}`);
  }
}

async function measureDeploys(
  { options, signal, newFolder }: Ground,
  { runtime, image, node }: Awaited<ReturnType<typeof openPodmanNode>> & { readonly node: string },
): Promise<Figure[]> {
  const registry = openSqliteRegistry(registryFileIn(await newFolder()));
  const engine = await benchEngine({ registry, runtime, node });
  try {
    return await deployOverhead({ engine, runtime, node, image, rounds: options.deploys, signal });
  } finally {
    await engine.close();
    await registry.close();
  }
}

async function withAgent(
  { root, signal }: Ground,
  where: { readonly folder: string; readonly node: string; readonly socket: string | undefined },
  measure: (agent: AgentProgram) => Promise<void>,
): Promise<void> {
  const agent = await startAgentProgram({ root, signal, ...where });
  try {
    await measure(agent);
  } finally {
    await agent.stop();
  }
}

/** The numbers of containers at which the cost of watching is measured. */
function steps({ quick }: AgentBenchOptions, most: number): readonly number[] {
  return quick ? [0, most] : [0, Math.ceil(most / 2), most];
}
