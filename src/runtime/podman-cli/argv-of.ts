import type { ContainerMount, ContainerPort, ContainerSpec } from "../runtime.ts";

/** A command line of podman, and what it needs besides. No value of a variable stands in `argv`, which everybody can read. */
export interface PodmanCall {
  readonly argv: readonly string[];
  /** For podman's own environment; `--env NAME` takes the value from there. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that podman itself would mind; they go through a file. */
  readonly fileEnv: Readonly<Record<string, string>>;
}

/** Where the file with `fileEnv` is named in `argv`. */
export const ENV_FILE = "{env-file}";

/** What podman, Go or the dynamic linker reads from their environment. */
const READ_BY_PODMAN =
  /^(PATH|HOME|USER|TMPDIR|SHELL|TERM|LANG|LC_.*|XDG_.*|LD_.*|GO.*|CONTAINERS?_.*|STORAGE_.*|PODMAN_.*|BUILDAH_.*|REGISTRY_.*|DOCKER_.*|NOTIFY_SOCKET|LISTEN_.*|DBUS_.*|SSL_.*|SSH_.*|_.*|.*_proxy|.*_PROXY)$/;

/**
 * The spec as `podman create`: one flag for each field, in this order. What is not asked for is said too where podman's own
 * default is looser. Pure; there is no way from a spec to privileges, host namespaces or devices.
 */
export function argvOf(spec: ContainerSpec): PodmanCall {
  const names = Object.keys(spec.env);
  const fileEnv = Object.fromEntries(Object.entries(spec.env).filter(([name]) => READ_BY_PODMAN.test(name)));
  const own = names.filter((name) => !(name in fileEnv));
  const argv = [
    "create",
    ...["--name", spec.name],
    ...["--network", spec.network],
    ...option("--user", spec.user),
    ...each("--publish", spec.ports, published),
    ...each("--volume", spec.mounts, mounted),
    ...each("--tmpfs", spec.tmpfs, ({ target, options }) => (options.length === 0 ? target : `${target}:${options.join(",")}`)),
    ...option("--entrypoint", spec.entrypoint === undefined ? undefined : JSON.stringify(spec.entrypoint)),
    ...each("--env", own, (name) => name),
    ...(Object.keys(fileEnv).length === 0 ? [] : ["--env-file", ENV_FILE]),
    ...each("--label", Object.entries(spec.labels), ([name, value]) => `${name}=${value}`),
    ...limits(spec),
    ...(spec.readOnly ? ["--read-only"] : []),
    "--read-only-tmpfs=false",
    ...each("--cap-drop", spec.capDrop, (name) => name),
    ...each("--cap-add", spec.capAdd, (name) => name),
    ...(spec.noNewPrivileges ? ["--security-opt", "no-new-privileges"] : []),
    ...each("--security-opt", spec.securityOpt, (value) => value),
    ...option("--userns", spec.userns),
    ...["--image-volume", spec.imageVolumes === "ignore" ? "ignore" : "bind"],
    ...["--stop-timeout", String(Math.ceil(spec.stopTimeoutMs / 1000))],
    ...["--restart", "no"],
    ...["--pull", "never"],
    "--http-proxy=false",
    "--no-healthcheck",
    ...["--sdnotify", "ignore"],
    ...["--systemd", "false"],
    spec.image,
    ...(spec.cmd ?? []),
  ];
  return { argv, env: Object.fromEntries(own.map((name) => [name, spec.env[name] ?? ""])), fileEnv };
}

function option(flag: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [flag, value];
}

function each<T>(flag: string, items: readonly T[], value: (item: T) => string): readonly string[] {
  return items.flatMap((item) => [flag, value(item)]);
}

function published({ hostAddress, hostPort, containerPort, protocol }: ContainerPort): string {
  const address = hostAddress.includes(":") ? `[${hostAddress}]` : hostAddress;
  return `${address}:${hostPort === 0 ? "" : hostPort}:${containerPort}/${protocol}`;
}

function mounted({ source, target, readOnly }: ContainerMount): string {
  return `${source}:${target}:${readOnly ? "ro" : "rw"}`;
}

/** Swap is as large as memory, which is none besides: a limit is to hold. */
function limits({ memoryBytes, cpuMillis, pids }: ContainerSpec): readonly string[] {
  return [
    ...(memoryBytes === undefined ? [] : ["--memory", `${memoryBytes}b`, "--memory-swap", `${memoryBytes}b`]),
    ...option("--cpus", cpuMillis === undefined ? undefined : String(cpuMillis / 1000)),
    ...option("--pids-limit", pids === undefined ? undefined : String(pids)),
  ];
}
