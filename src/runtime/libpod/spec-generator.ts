import type { ContainerSpec } from "../runtime.ts";

const CPU_PERIOD_US = 100_000;

/**
 * What libpod's `containers/create` takes (pkg/specgen/specgen.go of podman 4 and 5). What is not asked for is said too where
 * podman's own default is looser. Pure; there is no way from a spec to privileges, host namespaces or devices.
 */
export function specGeneratorOf(spec: ContainerSpec): Readonly<Record<string, unknown>> {
  return {
    name: spec.name,
    image: spec.image,
    ...(spec.entrypoint === undefined ? {} : { entrypoint: spec.entrypoint }),
    ...(spec.cmd === undefined ? {} : { command: spec.cmd }),
    env: spec.env,
    labels: spec.labels,
    ...(spec.user === undefined ? {} : { user: spec.user }),
    ...networkOf(spec),
    portmappings: spec.ports.map(({ hostAddress, hostPort, containerPort, protocol }) => ({
      host_ip: hostAddress,
      host_port: hostPort,
      container_port: containerPort,
      protocol,
    })),
    mounts: [...bindsOf(spec), ...tmpfsOf(spec)],
    volumes: spec.mounts
      .filter(({ kind }) => kind === "volume")
      .map(({ source, target, readOnly }) => ({ Name: source, Dest: target, Options: [readOnly ? "ro" : "rw"] })),
    resource_limits: limitsOf(spec),
    read_only_filesystem: spec.readOnly,
    read_write_tmpfs: false,
    cap_drop: spec.capDrop,
    cap_add: spec.capAdd,
    no_new_privileges: spec.noNewPrivileges,
    ...securityOf(spec),
    ...(spec.userns === undefined ? {} : { userns: usernsOf(spec.userns) }),
    image_volume_mode: spec.imageVolumes,
    stop_timeout: Math.ceil(spec.stopTimeoutMs / 1000),
    restart_policy: "no",
    systemd: "false",
    sdnotifyMode: "ignore",
    httpproxy: false,
    // The agent looks after health itself; an image is not to have commands run on a timer.
    healthconfig: { Test: ["NONE"] },
  };
}

function networkOf({ network }: ContainerSpec): object {
  if (network === "none") return { netns: { nsmode: "none" } };
  return { netns: { nsmode: "bridge" }, ...(network === "bridge" ? {} : { networks: { [network]: {} } }) };
}

function bindsOf({ mounts }: ContainerSpec): readonly object[] {
  return mounts
    .filter(({ kind }) => kind === "bind")
    .map(({ source, target, readOnly }) => ({ type: "bind", source, destination: target, options: ["rbind", readOnly ? "ro" : "rw"] }));
}

function tmpfsOf({ tmpfs }: ContainerSpec): readonly object[] {
  return tmpfs.map(({ target, options }) => ({ type: "tmpfs", source: "tmpfs", destination: target, options }));
}

/** Swap is as large as memory, which is none besides: a limit is to hold. */
function limitsOf({ memoryBytes, cpuMillis, pids }: ContainerSpec): object {
  return {
    ...(memoryBytes === undefined ? {} : { memory: { limit: memoryBytes, swap: memoryBytes } }),
    ...(cpuMillis === undefined ? {} : { cpu: { quota: (cpuMillis * CPU_PERIOD_US) / 1000, period: CPU_PERIOD_US } }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  };
}

/** `inspect` shows these options only where the annotations have them, as the command line writes them. */
function securityOf({ securityOpt }: ContainerSpec): object {
  const values = (kind: string) =>
    securityOpt.filter((option) => option.startsWith(`${kind}=`)).map((option) => option.slice(kind.length + 1));
  const [seccomp] = values("seccomp");
  const [apparmor] = values("apparmor");
  const labels = values("label");
  return {
    ...(seccomp === undefined ? {} : { seccomp_profile_path: seccomp }),
    ...(apparmor === undefined ? {} : { apparmor_profile: apparmor }),
    ...(labels.length === 0 ? {} : { selinux_opts: labels }),
    annotations: {
      ...(seccomp === undefined ? {} : { "io.podman.annotations.seccomp": seccomp }),
      ...(apparmor === undefined ? {} : { "io.podman.annotations.apparmor": apparmor }),
      ...(labels.length === 0 ? {} : { "io.podman.annotations.label": labels.join(",") }),
    },
  };
}

function usernsOf(userns: string): object {
  const at = userns.indexOf(":");
  return at < 0 ? { nsmode: userns } : { nsmode: userns.slice(0, at), value: userns.slice(at + 1) };
}
