/** What podman says, by REST and on the command line alike, in the versions 4 and 5: as values of this port. Pure. */
import { z } from "zod";
import { containerState } from "../container-state.ts";
import {
  addressesOf,
  type Inspected,
  inspectedSchema,
  instantOf,
  loosenedOf,
  restartPolicyOf,
  specOf,
  variablesOf,
} from "../inspected-spec.ts";
import type { ContainerInfo, ContainerSummary, ImageInfo, RuntimeEvent } from "../runtime.ts";
import { runtimeFailed } from "../runtime-errors.ts";

const table = z.record(z.string(), z.string()).nullish();

const imageSchema = z.object({
  Id: z.string(),
  Digest: z.string().nullish(),
  Size: z.number().nullish(),
  Config: z
    .object({
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
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
  Image: z.string().nullish(),
  State: z.string(),
  Labels: table,
  // REST gives text, the command line seconds.
  Created: z.union([z.string(), z.number()]),
});

/** Both forms: `Actor` by REST, everything at the top on the command line. */
const eventSchema = z.object({
  Type: z.string().nullish(),
  Action: z.string().nullish(),
  Status: z.string().nullish(),
  ID: z.string().nullish(),
  Name: z.string().nullish(),
  Time: z.string().nullish(),
  ContainerExitCode: z.number().nullish(),
  Attributes: table,
  Actor: z.object({ ID: z.string(), Attributes: table }).nullish(),
  time: z.number().nullish(),
  timeNano: z.number().nullish(),
});

/** Attributes of an event that are no labels of its container. */
const NO_LABELS: ReadonlySet<string> = new Set(["containerExitCode", "image", "name", "podId", "exitCode", "containerHealthStatus"]);

export function parsePodmanContainer(value: unknown): ContainerInfo {
  const inspected = parse(inspectedSchema, value, "inspect a container");
  const state = containerState(inspected.State.Status);
  const { isUp, started } = lifeOf(inspected, state);
  const image = inspected.ImageName || inspected.Config.Image;
  return {
    id: inspected.Id,
    name: inspected.Name,
    image,
    state,
    labels: inspected.Config.Labels,
    createdAt: instantOf(inspected.Created) ?? new Date(0),
    imageDigest: inspected.ImageDigest,
    imageId: inspected.Image.replace(/^sha256:/, ""),
    startedAt: started,
    finishedAt: isUp ? undefined : instantOf(inspected.State.FinishedAt),
    exitCode: isUp || started === undefined ? undefined : inspected.State.ExitCode,
    oomKilled: inspected.State.OOMKilled,
    pid: isUp ? inspected.State.Pid : 0,
    monitorPid: isUp && inspected.State.ConmonPid > 0 ? inspected.State.ConmonPid : undefined,
    addresses: addressesOf(inspected),
    spec: specOf(inspected, image),
    restartPolicy: restartPolicyOf(inspected),
    loosened: loosenedOf(inspected),
  };
}

export function parsePodmanImage(value: unknown): ImageInfo {
  const { Id, Digest, Size, Config } = parse(imageSchema, value, "inspect an image");
  return {
    id: Id.replace(/^sha256:/, ""),
    digest: Digest || `sha256:${Id.replace(/^sha256:/, "")}`,
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

export function parsePodmanList(value: unknown): readonly ContainerSummary[] {
  return (
    parse(z.array(summarySchema).nullable(), value, "list containers")?.map(({ Id, Names, Image, State, Labels, Created }) => ({
      id: Id,
      name: Names[0] ?? "",
      image: Image ?? "",
      state: containerState(State),
      labels: Labels ?? {},
      createdAt: typeof Created === "number" ? new Date(Created * 1000) : (instantOf(Created) ?? new Date(0)),
    })) ?? []
  );
}

/** Undefined: an event of something else than a container. */
export function parsePodmanEvent(value: unknown): RuntimeEvent | undefined {
  const event = parse(eventSchema, value, "read events");
  if (event.Type !== "container") return undefined;
  const attributes = event.Actor?.Attributes ?? event.Attributes ?? {};
  const action = event.Action ?? event.Status ?? "";
  return {
    at: timeOf(event),
    action,
    containerId: event.Actor?.ID ?? event.ID ?? "",
    containerName: event.Name ?? attributes.name ?? "",
    exitCode: action === "died" ? exitCodeOf(event.ContainerExitCode, attributes.containerExitCode) : undefined,
    labels: Object.fromEntries(Object.entries(attributes).filter(([name]) => !NO_LABELS.has(name))),
  };
}

function lifeOf(
  { State: { StartedAt } }: Inspected,
  state: ContainerInfo["state"],
): { readonly isUp: boolean; readonly started: Date | undefined } {
  return { isUp: state === "running" || state === "paused" || state === "stopping", started: instantOf(StartedAt) };
}

/** The command line leaves a 0 out. */
function exitCodeOf(number: number | null | undefined, text: string | undefined): number {
  return number ?? Number(text ?? 0);
}

function timeOf({ Time, time, timeNano }: z.infer<typeof eventSchema>): Date {
  if (timeNano) return new Date(timeNano / 1e6);
  if (time) return new Date(time * 1000);
  return new Date(Time ?? 0);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw runtimeFailed(what, `podman's answer is not as expected at ${issue?.path.join(".")}: ${issue?.message}`, parsed.error);
}
