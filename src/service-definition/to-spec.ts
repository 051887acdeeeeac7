import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import {
  type ComponentSpec,
  ComponentSpecSchema,
  ExecProbeSchema,
  type Hardening as HardeningMessage,
  HardeningProfile as HardeningProfileNumber,
  HardeningSchema,
  type Healthcheck as HealthcheckMessage,
  HealthcheckSchema,
  ResourcesSchema,
  SelfHeal,
  type ServiceSpec,
  ServiceSpecSchema,
  UpdateOrder,
} from "../../gen/mcp/v1/service_spec_pb.ts";
import { given } from "../core/given.ts";
import { formatPortMapping } from "./port-mapping.ts";
import type { ComponentDefinition, Hardening, Healthcheck, Probe, ServiceDefinition } from "./service-definition.ts";
import { formatVolumeMount } from "./volume-mount.ts";

/** The message of a definition; `fromSpec` gives the definition again. */
export function toSpec(definition: ServiceDefinition): ServiceSpec {
  return create(ServiceSpecSchema, {
    name: definition.name,
    node: definition.node,
    active: definition.active,
    selfHeal: definition.selfHeal === "alert" ? SelfHeal.ALERT : SelfHeal.HEAL,
    comment: definition.comment,
    components: definition.components.map(toComponentSpec),
  });
}

export function toComponentSpec(component: ComponentDefinition): ComponentSpec {
  const { network = "", user = "", healthcheck } = component;
  return create(ComponentSpecSchema, {
    name: component.name,
    image: component.image,
    network,
    user,
    ports: component.ports.map(formatPortMapping),
    volumes: component.volumes.map(formatVolumeMount),
    cmd: [...component.cmd],
    entrypoint: [...component.entrypoint],
    env: { ...component.env },
    secrets: { ...component.secrets },
    labels: { ...component.labels },
    dependsOn: [...component.dependsOn],
    ...given({ healthcheck: healthcheck && healthcheckMessage(healthcheck) }),
    resources: create(ResourcesSchema, {
      memoryBytes: BigInt(component.resources.memoryBytes ?? 0),
      cpuMillis: component.resources.cpuMillis ?? 0,
      pids: component.resources.pids ?? 0,
    }),
    stopTimeout: durationMessage(component.stopTimeoutMs),
    hardening: hardeningMessage(component.hardening),
    updateOrder: UPDATE_ORDERS[component.updateOrder ?? "unset"],
  });
}

const UPDATE_ORDERS = {
  unset: UpdateOrder.UNSPECIFIED,
  "start-first": UpdateOrder.START_FIRST,
  "stop-first": UpdateOrder.STOP_FIRST,
} as const;

const PROFILES = {
  default: HardeningProfileNumber.DEFAULT,
  strict: HardeningProfileNumber.STRICT,
  stateless: HardeningProfileNumber.STATELESS,
  trusted: HardeningProfileNumber.TRUSTED,
} as const;

function hardeningMessage(hardening: Hardening): HardeningMessage {
  return create(HardeningSchema, {
    profile: PROFILES[hardening.profile],
    ...given({ readOnly: hardening.readOnly }),
    tmpfs: [...hardening.tmpfs],
    capDrop: [...hardening.capDrop],
    capAdd: [...hardening.capAdd],
    securityOpt: [...hardening.securityOpt],
    userns: hardening.userns ?? "",
  });
}

function healthcheckMessage(healthcheck: Healthcheck): HealthcheckMessage {
  const { probe } = healthcheck;
  return create(HealthcheckSchema, {
    probe: probeMessage(probe),
    port: probe.kind === "exec" ? 0 : probe.port,
    interval: durationMessage(healthcheck.intervalMs),
    timeout: durationMessage(healthcheck.timeoutMs),
    retries: healthcheck.retries,
    deadline: durationMessage(healthcheck.deadlineMs),
  });
}

function probeMessage(probe: Probe): HealthcheckMessage["probe"] {
  if (probe.kind === "exec") return { case: "exec", value: create(ExecProbeSchema, { command: [...probe.command] }) };
  if (probe.kind === "tcp") return { case: "tcp", value: true };
  return { case: probe.kind, value: probe.path };
}

function durationMessage(ms: number): Duration {
  return create(DurationSchema, { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 });
}
