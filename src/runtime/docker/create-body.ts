import type { ContainerSpec } from "../runtime.ts";

/**
 * What `POST /containers/create` of Docker's API 1.41 takes; the name is in its query. What is not asked for is said too where
 * Docker's own default is looser. Pure; there is no way from a spec to privileges, host namespaces or devices.
 * Docker has no namespace of users for one container: `userns` is refused by the driver.
 */
export function createBodyOf(spec: ContainerSpec): Readonly<Record<string, unknown>> {
  const ports = spec.ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
  return {
    Image: spec.image,
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: spec.entrypoint }),
    ...(spec.cmd === undefined ? {} : { Cmd: spec.cmd }),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: spec.labels,
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    StopTimeout: Math.ceil(spec.stopTimeoutMs / 1000),
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: spec.network,
      PortBindings: bindingsOf(spec),
      // Not `Mounts`: podman 4 drops those of its tmpfs without a word.
      Binds: spec.mounts.map(({ source, target, readOnly }) => `${source}:${target}:${readOnly ? "ro" : "rw"}`),
      Tmpfs: Object.fromEntries(spec.tmpfs.map(({ target, options }) => [target, options.join(",")])),
      ...(spec.memoryBytes === undefined ? {} : { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes }),
      ...(spec.cpuMillis === undefined ? {} : { NanoCpus: spec.cpuMillis * 1_000_000 }),
      ...(spec.pids === undefined ? {} : { PidsLimit: spec.pids }),
      ReadonlyRootfs: spec.readOnly,
      CapDrop: spec.capDrop,
      CapAdd: spec.capAdd,
      SecurityOpt: [...(spec.noNewPrivileges ? ["no-new-privileges"] : []), ...spec.securityOpt],
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      AutoRemove: false,
      Privileged: false,
    },
  };
}

function bindingsOf({ ports }: ContainerSpec): Readonly<Record<string, readonly object[]>> {
  const bindings: Record<string, object[]> = {};
  for (const { hostAddress, hostPort, containerPort, protocol } of ports) {
    const key = `${containerPort}/${protocol}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: hostAddress, HostPort: hostPort === 0 ? "" : String(hostPort) }];
  }
  return bindings;
}
