import type { ContainerSpec } from "../../runtime/runtime.ts";
import { hardeningOf } from "../../service-definition/hardening.ts";
import type { ComponentDefinition, PortMapping, VolumeMount } from "../../service-definition/service-definition.ts";
import { containerNamesOf } from "./container-names.ts";

export interface ContainerWish {
  readonly service: string;
  readonly component: ComponentDefinition;
  readonly imageId: string;
  /** Values of the component's secrets, by variable. */
  readonly secrets: Readonly<Record<string, string>>;
}

const LOOPBACK = "127.0.0.1";

/** A component's container as it is to be, without the labels that say who made it. The image goes by its id: a tag may move. */
export function containerSpecOf({ service, component, imageId, secrets }: ContainerWish): ContainerSpec {
  const { readOnly, tmpfs, capDrop, capAdd, noNewPrivileges, securityOpt, userns, pids, imageVolumes } = hardeningOf(component);
  const { user, entrypoint, cmd, resources } = component;
  return {
    name: containerNamesOf(service, component.name).current,
    image: imageId,
    network: component.network ?? "bridge",
    ports: component.ports.flatMap(publishedPort),
    mounts: component.volumes.map(mountOf),
    tmpfs,
    env: { ...component.env, ...secrets },
    labels: component.labels,
    readOnly,
    capDrop,
    capAdd,
    noNewPrivileges,
    securityOpt,
    imageVolumes,
    stopTimeoutMs: component.stopTimeoutMs,
    ...(user === undefined ? {} : { user }),
    ...(entrypoint.length === 0 ? {} : { entrypoint }),
    ...(cmd.length === 0 ? {} : { cmd }),
    ...(resources.memoryBytes === undefined ? {} : { memoryBytes: resources.memoryBytes }),
    ...(resources.cpuMillis === undefined ? {} : { cpuMillis: resources.cpuMillis }),
    ...(pids === undefined ? {} : { pids }),
    ...(userns === undefined ? {} : { userns }),
  };
}

/** A port without one of the host is reached at the container's own address and not published. */
function publishedPort({ hostPort, hostAddress, containerPort, protocol }: PortMapping): ContainerSpec["ports"] {
  return hostPort === undefined ? [] : [{ hostAddress: hostAddress ?? LOOPBACK, hostPort, containerPort, protocol }];
}

function mountOf({ source, target, readOnly }: VolumeMount): ContainerSpec["mounts"][number] {
  return { kind: source.startsWith("/") ? "bind" : "volume", source, target, readOnly };
}
