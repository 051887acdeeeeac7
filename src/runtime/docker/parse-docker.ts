/** What Docker's API 1.41 says, and podman's imitation of it: as values of this port. Pure. */
import { z } from "zod";
import { containerState } from "../container-state.ts";
import { addressesOf, inspectedSchema, instantOf, loosenedOf, restartPolicyOf, specOf, variablesOf } from "../inspected-spec.ts";
import type { ContainerInfo, ContainerStats, ContainerSummary, ImageInfo, RuntimeEvent } from "../runtime.ts";
import { runtimeFailed } from "../runtime-errors.ts";

const words = z.array(z.string()).nullish();
const table = z.record(z.string(), z.string()).nullish();

const imageSchema = z.object({
  Id: z.string(),
  RepoDigests: words,
  Size: z.number().nullish(),
  Config: z
    .object({
      Entrypoint: words,
      Cmd: words,
      Env: words,
      User: z.string().nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      Volumes: z.record(z.string(), z.unknown()).nullish(),
      Labels: table,
    })
    .nullish(),
});

const summarySchema = z.object({
  Id: z.string(),
  Names: z.array(z.string()),
  Image: z.string(),
  State: z.string(),
  Labels: table,
  Created: z.number(),
});

const eventSchema = z.object({
  Type: z.string().nullish(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: table }),
  time: z.number().nullish(),
  timeNano: z.number().nullish(),
});

const statsSchema = z.object({
  pids_stats: z.object({ current: z.number().nullish() }).nullish(),
  cpu_stats: z.object({
    cpu_usage: z.object({ total_usage: z.number() }),
    system_cpu_usage: z.number().nullish(),
    online_cpus: z.number().nullish(),
  }),
  precpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }), system_cpu_usage: z.number().nullish() }),
  memory_stats: z.object({ usage: z.number().nullish(), limit: z.number().nullish(), stats: z.record(z.string(), z.number()).nullish() }),
});

/** Docker's words for what podman, and this port, call otherwise. */
const ACTIONS: Readonly<Record<string, string>> = { die: "died", destroy: "remove" };
const NO_LABELS: ReadonlySet<string> = new Set(["containerExitCode", "exitCode", "execDuration", "image", "name", "podId", "signal"]);

/** Docker does not say the image's digest here: whoever knows it puts it in. */
export function parseDockerContainer(value: unknown): Omit<ContainerInfo, "imageDigest"> {
  const inspected = parse(inspectedSchema, value, "inspect a container");
  const state = containerState(inspected.State.Status);
  const isUp = state === "running" || state === "paused" || state === "stopping";
  const startedAt = instantOf(inspected.State.StartedAt);
  return {
    id: inspected.Id,
    name: inspected.Name.replace(/^\//, ""),
    image: inspected.Config.Image,
    state,
    labels: inspected.Config.Labels,
    createdAt: instantOf(inspected.Created) ?? new Date(0),
    imageId: inspected.Image.replace(/^sha256:/, ""),
    startedAt,
    finishedAt: isUp ? undefined : instantOf(inspected.State.FinishedAt),
    exitCode: isUp || startedAt === undefined ? undefined : inspected.State.ExitCode,
    oomKilled: inspected.State.OOMKilled,
    pid: isUp ? inspected.State.Pid : 0,
    monitorPid: undefined,
    addresses: addressesOf(inspected),
    spec: specOf(inspected, inspected.Config.Image),
    restartPolicy: restartPolicyOf(inspected),
    loosened: loosenedOf(inspected),
  };
}

export function parseDockerImage(value: unknown): ImageInfo {
  const { Id, RepoDigests, Size, Config } = parse(imageSchema, value, "inspect an image");
  const id = Id.replace(/^sha256:/, "");
  return {
    id,
    digest: RepoDigests?.[0]?.split("@")[1] ?? `sha256:${id}`,
    size: Size ?? 0,
    entrypoint: Config?.Entrypoint ?? [],
    cmd: Config?.Cmd ?? [],
    env: variablesOf(Config?.Env ?? []),
    user: Config?.User ?? "",
    exposedPorts: Object.keys(Config?.ExposedPorts ?? {}).map((port) => Number.parseInt(port, 10)),
    volumes: Object.keys(Config?.Volumes ?? {}),
    labels: Config?.Labels ?? {},
  };
}

export function parseDockerList(value: unknown): readonly ContainerSummary[] {
  return parse(z.array(summarySchema), value, "list containers").map(({ Id, Names, Image, State, Labels, Created }) => ({
    id: Id,
    name: (Names[0] ?? "").replace(/^\//, ""),
    image: Image,
    state: containerState(State),
    labels: Labels ?? {},
    createdAt: new Date(Created * 1000),
  }));
}

/** Undefined: an event of something else than a container. */
export function parseDockerEvent(value: unknown): RuntimeEvent | undefined {
  const { Type, Action, Actor, time, timeNano } = parse(eventSchema, value, "read events");
  if (Type !== "container") return undefined;
  const attributes = Actor.Attributes ?? {};
  const action = ACTIONS[Action] ?? Action;
  const code = attributes.exitCode ?? attributes.containerExitCode;
  return {
    at: new Date(timeNano ? timeNano / 1e6 : (time ?? 0) * 1000),
    action,
    containerId: Actor.ID,
    containerName: attributes.name ?? "",
    exitCode: action === "died" && code !== undefined ? Number(code) : undefined,
    labels: Object.fromEntries(Object.entries(attributes).filter(([name]) => !NO_LABELS.has(name))),
  };
}

/** Empty of one that does not run. The share of the processor is over the second before, as `docker stats` reckons it. */
export function parseDockerStats(name: string, value: unknown): readonly ContainerStats[] {
  const { success, data } = statsSchema.safeParse(value);
  if (!success || !data.pids_stats?.current) return [];
  const { cpu_stats: cpu, precpu_stats: before, memory_stats: memory } = data;
  const used = cpu.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const all = (cpu.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  // What can be had back at once does not count (cgroup 2, cgroup 1).
  const cache = memory.stats?.inactive_file ?? memory.stats?.total_inactive_file ?? 0;
  const usage = memory.usage ?? 0;
  return [
    {
      name,
      cpuPercent: all > 0 && used > 0 ? (used / all) * (cpu.online_cpus ?? 1) * 100 : 0,
      memoryBytes: usage > cache ? usage - cache : usage,
      memoryLimitBytes: memory.limit ?? 0,
      pids: data.pids_stats.current,
    },
  ];
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw runtimeFailed(what, `Docker's answer is not as expected at ${issue?.path.join(".")}: ${issue?.message}`, parsed.error);
}
