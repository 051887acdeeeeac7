import { type Given, given } from "../core/given.ts";
import { formatByteSize } from "./byte-size.ts";
import { formatDuration } from "./format-duration.ts";
import { formatPortMapping } from "./port-mapping.ts";
import type { ComponentDefinition, Hardening, Healthcheck, Probe, Resources, ServiceDefinition } from "./service-definition.ts";
import { formatVolumeMount } from "./volume-mount.ts";
import { DEFAULT_HEALTHCHECK, DEFAULT_STOP_TIMEOUT_MS, type WrittenComponent, type WrittenService } from "./written-service.ts";

/** A definition as it is written in its file: in the order of the keys, without what is a default anyway. */
export function toWritten(definition: ServiceDefinition): WrittenService {
  return given({
    name: definition.name,
    node: definition.node,
    active: definition.active,
    self_heal: definition.selfHeal === "heal" ? undefined : definition.selfHeal,
    comment: definition.comment === "" ? undefined : definition.comment,
    components: definition.components.map(writtenComponent),
  });
}

function writtenComponent(component: ComponentDefinition): WrittenComponent {
  return given({
    name: component.name,
    image: component.image,
    network: component.network,
    user: component.user,
    entrypoint: items(component.entrypoint),
    cmd: items(component.cmd),
    ports: items(component.ports.map(formatPortMapping)),
    volumes: items(component.volumes.map(formatVolumeMount)),
    depends_on: items(component.dependsOn),
    stop_timeout: component.stopTimeoutMs === DEFAULT_STOP_TIMEOUT_MS ? undefined : formatDuration(component.stopTimeoutMs),
    update_order: component.updateOrder,
    env: entries(component.env),
    secrets: entries(component.secrets),
    labels: entries(component.labels),
    healthcheck: component.healthcheck && writtenHealthcheck(component.healthcheck),
    resources: entries(writtenResources(component.resources)),
    hardening: entries(writtenHardening(component.hardening)),
  });
}

function writtenHealthcheck({ probe, ...times }: Healthcheck): NonNullable<WrittenComponent["healthcheck"]> {
  const duration = (key: "intervalMs" | "timeoutMs" | "deadlineMs") =>
    times[key] === DEFAULT_HEALTHCHECK[key] ? undefined : formatDuration(times[key]);
  return {
    ...writtenProbe(probe),
    ...given({
      interval: duration("intervalMs"),
      timeout: duration("timeoutMs"),
      retries: times.retries === DEFAULT_HEALTHCHECK.retries ? undefined : times.retries,
      deadline: duration("deadlineMs"),
    }),
  };
}

function writtenProbe(probe: Probe): NonNullable<WrittenComponent["healthcheck"]> {
  if (probe.kind === "exec") return { exec: [...probe.command] };
  if (probe.kind === "tcp") return { tcp: true, port: probe.port };
  return { [probe.kind]: probe.path, port: probe.port };
}

function writtenResources({ memoryBytes, cpuMillis, pids }: Resources): Given<NonNullable<WrittenComponent["resources"]>> {
  return given({
    memory: memoryBytes === undefined ? undefined : formatByteSize(memoryBytes),
    cpus: cpuMillis === undefined ? undefined : cpuMillis / 1000,
    pids,
  });
}

function writtenHardening(hardening: Hardening): Given<NonNullable<WrittenComponent["hardening"]>> {
  return given({
    profile: hardening.profile === "default" ? undefined : hardening.profile,
    read_only: hardening.readOnly,
    tmpfs: items(hardening.tmpfs),
    cap_drop: items(hardening.capDrop),
    cap_add: items(hardening.capAdd),
    security_opt: items(hardening.securityOpt),
    userns: hardening.userns,
  });
}

/** Nothing where there are none. */
function items<T>(list: readonly T[]): T[] | undefined {
  return list.length === 0 ? undefined : [...list];
}

function entries<T extends object>(table: T): T | undefined {
  return Object.keys(table).length === 0 ? undefined : table;
}
