/** What `inspect` of podman and of Docker has in common: how a container was made, read back. Pure. */
import { z } from "zod";
import type { ContainerMount, ContainerPort, ContainerSpec, TmpfsMount } from "./runtime.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const words = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const table = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const bindings = z
  .record(z.string(), z.array(z.object({ HostIp: text, HostPort: text })).nullish())
  .nullish()
  .transform((value) => value ?? {});

export const inspectedSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  Path: text,
  Args: words,
  Image: text,
  ImageName: text,
  ImageDigest: text,
  Pod: text,
  BoundingCaps: z.array(z.string()).nullish(),
  State: z.object({
    Status: text,
    OOMKilled: flag,
    Pid: count,
    ConmonPid: count,
    ExitCode: count,
    StartedAt: text,
    FinishedAt: text,
  }),
  Mounts: z
    .array(z.object({ Type: text, Name: text, Source: text, Destination: text, RW: flag }))
    .nullish()
    .transform((value) => value ?? []),
  NetworkSettings: z.object({
    IPAddress: text,
    Ports: bindings,
    Networks: z
      .record(z.string(), z.object({ IPAddress: text, GlobalIPv6Address: text }))
      .nullish()
      .transform((value) => value ?? {}),
  }),
  Config: z.object({
    Image: text,
    User: text,
    Env: words,
    Cmd: words,
    // podman 4 gives one string, podman 5 and Docker a list.
    Entrypoint: z.union([z.string(), z.array(z.string())]).nullish(),
    Labels: table,
    StopTimeout: z.number().nullish(),
  }),
  HostConfig: z.object({
    NetworkMode: text,
    PidMode: text,
    IpcMode: text,
    UTSMode: text,
    UsernsMode: text,
    Privileged: flag,
    PortBindings: bindings,
    RestartPolicy: z.object({ Name: text }).nullish(),
    CapAdd: words,
    CapDrop: words,
    Devices: z.array(z.unknown()).nullish(),
    ReadonlyRootfs: flag,
    SecurityOpt: words,
    Tmpfs: table,
    Memory: count,
    NanoCpus: count,
    PidsLimit: count,
  }),
});

export type Inspected = z.infer<typeof inspectedSchema>;

/** An engine names a volume that it has made by itself like that. */
const ANONYMOUS = /^[0-9a-f]{64}$/;
/** What podman adds to each tmpfs. */
const ADDED_TO_TMPFS: ReadonlySet<string> = new Set(["rw", "rprivate", "nosuid", "nodev", "tmpcopyup"]);
/** What engines set by themselves. */
const ADDED_VARIABLES: readonly RegExp[] = [
  /^container=(podman|oci)$/,
  /^TERM=xterm$/,
  /^HOSTNAME=/,
  /^PATH=\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin$/,
  /^HOME=\/(root)?$/,
];
/** Debian's podman gives these on its command line and not over its socket, and then shows them as dropped. */
const NOT_BY_SOCKET: readonly string[] = ["AUDIT_WRITE", "MKNOD", "NET_RAW"];
const DEFAULT_STOP_TIMEOUT_S = 10;

/** Docker also takes and shows it with a value; `no-new-privileges:false` is none. */
const NO_NEW_PRIVILEGES = /^no-new-privileges([:=]true)?$/;

/**
 * The spec that would make it again, as far as the engine tells. Entrypoint, command, labels and variables hold those of the
 * image too; what the engine adds by itself is left out.
 */
export function specOf(inspected: Inspected, image: string): ContainerSpec {
  const { Config: config, HostConfig: host } = inspected;
  const anonymous = inspected.Mounts.filter(({ Type, Name }) => Type === "volume" && ANONYMOUS.test(Name));
  return {
    name: inspected.Name.replace(/^\//, ""),
    image,
    network: networkOf(inspected),
    ...(config.User === "" ? {} : { user: config.User }),
    ports: portsOf(inspected),
    mounts: mountsOf(inspected),
    tmpfs: tmpfsOf(host.Tmpfs),
    entrypoint: entrypointOf(inspected),
    cmd: config.Cmd,
    env: Object.fromEntries(config.Env.filter((pair) => !ADDED_VARIABLES.some((each) => each.test(pair))).map(splitPair)),
    labels: config.Labels,
    ...(host.Memory > 0 ? { memoryBytes: host.Memory } : {}),
    ...(host.NanoCpus > 0 ? { cpuMillis: Math.round(host.NanoCpus / 1e6) } : {}),
    ...(host.PidsLimit > 0 ? { pids: host.PidsLimit } : {}),
    readOnly: host.ReadonlyRootfs,
    ...capabilitiesOf(inspected),
    noNewPrivileges: host.SecurityOpt.some((option) => NO_NEW_PRIVILEGES.test(option)),
    securityOpt: host.SecurityOpt.filter((option) => !option.startsWith("no-new-privileges")),
    ...(["", "host"].includes(host.UsernsMode) ? {} : { userns: host.UsernsMode }),
    imageVolumes: anonymous.length > 0 ? "anonymous" : "ignore",
    stopTimeoutMs: (config.StopTimeout ?? DEFAULT_STOP_TIMEOUT_S) * 1000,
  };
}

/** What no spec can say. */
export function loosenedOf({ HostConfig: host, Pod: pod }: Inspected): readonly string[] {
  const namespaces = { network: host.NetworkMode, pid: host.PidMode, ipc: host.IpcMode, uts: host.UTSMode, user: host.UsernsMode };
  return [
    ...(host.Privileged ? ["privileged"] : []),
    ...Object.entries(namespaces).flatMap(([name, mode]) => (mode === "host" ? [`host ${name}`] : [])),
    ...Object.entries(namespaces).flatMap(([name, mode]) => (/^(container|ns):/.test(mode) ? [`shared ${name}`] : [])),
    ...((host.Devices ?? []).length > 0 ? ["devices"] : []),
    ...(pod === "" ? [] : ["pod"]),
  ];
}

/** Addresses in its networks, IPv4 first. */
export function addressesOf({ NetworkSettings: settings }: Inspected): readonly string[] {
  const networks = Object.values(settings.Networks);
  const all = [settings.IPAddress, ...networks.map((each) => each.IPAddress), ...networks.map((each) => each.GlobalIPv6Address)];
  return [...new Set(all.filter((address) => address !== ""))];
}

/** An instant of an engine; its zero is none. */
export function instantOf(text: string): Date | undefined {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1970 ? undefined : at;
}

/** `no` where none is set. */
export function restartPolicyOf({ HostConfig: { RestartPolicy: policy } }: Inspected): string {
  return policy?.Name ? policy.Name : "no";
}

function networkOf({ HostConfig: { NetworkMode: mode }, NetworkSettings: { Networks: networks } }: Inspected): string {
  const [first] = Object.keys(networks);
  if (first !== undefined && !["podman", "bridge", "default"].includes(first)) return first;
  return ["", "default", "bridge", "podman"].includes(mode) ? "bridge" : mode;
}

function portsOf({ HostConfig: { PortBindings }, NetworkSettings: { Ports } }: Inspected): readonly ContainerPort[] {
  // A port that the engine has chosen stands in the settings alone, and there only while the container runs.
  const all = { ...PortBindings, ...Object.fromEntries(Object.entries(Ports).filter(([, bound]) => (bound ?? []).length > 0)) };
  return Object.entries(all).flatMap(([key, bound]) => {
    const [port, protocol] = key.split("/");
    return (bound ?? [])
      .filter(({ HostIp }) => HostIp !== "::")
      .map(({ HostIp, HostPort }) => ({
        hostAddress: HostIp === "" ? "0.0.0.0" : HostIp,
        hostPort: Number(HostPort),
        containerPort: Number(port),
        protocol: protocol === "udp" ? "udp" : "tcp",
      }));
  });
}

function mountsOf({ Mounts }: Inspected): readonly ContainerMount[] {
  return Mounts.filter(({ Type, Name }) => Type === "bind" || (Type === "volume" && !ANONYMOUS.test(Name)))
    .map(({ Type, Name, Source, Destination, RW }): ContainerMount => {
      const isVolume = Type === "volume";
      return { kind: isVolume ? "volume" : "bind", source: isVolume ? Name : Source, target: Destination, readOnly: !RW };
    })
    .toSorted((a, b) => (a.target < b.target ? -1 : 1));
}

function tmpfsOf(mounts: Readonly<Record<string, string>>): readonly TmpfsMount[] {
  return Object.entries(mounts).map(([target, options]) => ({
    target,
    options: options.split(",").filter((option) => option !== "" && !ADDED_TO_TMPFS.has(option)),
  }));
}

/** podman 4 joins the words of an entrypoint with spaces; what runs in the end tells where each begins. */
function entrypointOf({ Path, Args, Config: { Entrypoint: entrypoint, Cmd: cmd } }: Inspected): readonly string[] {
  if (Array.isArray(entrypoint)) return entrypoint;
  if (entrypoint === undefined || entrypoint === null || entrypoint === "") return [];
  const all = [Path, ...Args];
  const front = all.slice(0, all.length - cmd.length);
  return front.join(" ") === entrypoint ? front : [entrypoint];
}

/**
 * podman lists each capability that was dropped, Docker says what it was told. The shorter way to say the same is taken: all
 * but those that are left, or those that are gone.
 */
function capabilitiesOf({ BoundingCaps, HostConfig: { CapAdd, CapDrop } }: Inspected): Pick<ContainerSpec, "capAdd" | "capDrop"> {
  const plain = (names: readonly string[]) => names.map((name) => name.replace(/^CAP_/, "").toUpperCase());
  const [added, dropped] = [plain(CapAdd), plain(CapDrop)];
  if (BoundingCaps === undefined || dropped.includes("ALL")) return { capAdd: added, capDrop: dropped };
  const left = plain(BoundingCaps ?? []);
  if (dropped.length > 0 && left.length < dropped.length) return { capAdd: left, capDrop: ["ALL"] };
  const isUsual = NOT_BY_SOCKET.every((name) => dropped.includes(name));
  return { capAdd: added, capDrop: isUsual ? dropped.filter((name) => !NOT_BY_SOCKET.includes(name)) : dropped };
}

function splitPair(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** `NAME=value` words as a table. */
export function variablesOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map(splitPair));
}
