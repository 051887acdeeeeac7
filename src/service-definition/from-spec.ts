import type { Duration } from "@bufbuild/protobuf/wkt";
import {
  type ComponentSpec,
  type Hardening,
  HardeningProfile,
  type Healthcheck,
  SelfHeal,
  type ServiceSpec,
  UpdateOrder,
} from "../../gen/mcp/v1/service_spec_pb.ts";
import { given } from "../core/given.ts";
import { oneLine } from "../core/one-line.ts";
import { formatByteSize } from "./byte-size.ts";
import { formatDuration } from "./format-duration.ts";
import { invalidDefinition } from "./invalid-definition.ts";
import { readWrittenService } from "./read-written-service.ts";
import type { ServiceDefinition } from "./service-definition.ts";

/**
 * The definition of a message, held to the same rules as a file. `from` names where it comes from, for errors.
 *
 * Throws `invalid`/`SERVICE_DEFINITION_INVALID`; also for fields and values that only a newer program knows: to leave
 * them out would be to run something else than was asked for.
 */
export function fromSpec(spec: ServiceSpec, from = sender(spec)): ServiceDefinition {
  refuseUnknownFields(spec, from);
  const written = {
    name: given({ name: text(spec.name) }).name,
    ...given({ node: text(spec.node) }),
    active: spec.active,
    self_heal: word(SELF_HEALS, spec.selfHeal, `${from}: self_heal`),
    comment: spec.comment,
    components: spec.components.map((component, index) => writtenComponent(component, `${from}: components[${index}]`)),
  };
  return readWrittenService(given(written), { name: from });
}

function sender({ name }: ServiceSpec): string {
  return name === "" ? "the service" : `service ${oneLine(name, 60)}`;
}

const SELF_HEALS = new Map<number, string>([
  [SelfHeal.UNSPECIFIED, "heal"],
  [SelfHeal.HEAL, "heal"],
  [SelfHeal.ALERT, "alert"],
]);

const UPDATE_ORDERS = new Map<number, string | undefined>([
  [UpdateOrder.UNSPECIFIED, undefined],
  [UpdateOrder.START_FIRST, "start-first"],
  [UpdateOrder.STOP_FIRST, "stop-first"],
]);

const PROFILES = new Map<number, string>([
  [HardeningProfile.UNSPECIFIED, "default"],
  [HardeningProfile.DEFAULT, "default"],
  [HardeningProfile.STRICT, "strict"],
  [HardeningProfile.STATELESS, "stateless"],
  [HardeningProfile.TRUSTED, "trusted"],
]);

function writtenComponent(spec: ComponentSpec, where: string): object {
  return given({
    name: text(spec.name),
    image: text(spec.image),
    network: text(spec.network),
    user: text(spec.user),
    ports: spec.ports,
    volumes: spec.volumes,
    cmd: spec.cmd,
    entrypoint: spec.entrypoint,
    env: spec.env,
    secrets: spec.secrets,
    labels: spec.labels,
    depends_on: spec.dependsOn,
    replicas: count(spec.replicas),
    healthcheck: spec.healthcheck && writtenHealthcheck(spec.healthcheck, `${where}.healthcheck`),
    resources: given({
      memory: spec.resources?.memoryBytes ? formatByteSize(bytes(spec.resources.memoryBytes, where)) : undefined,
      cpus: spec.resources?.cpuMillis ? spec.resources.cpuMillis / 1000 : undefined,
      pids: count(spec.resources?.pids),
    }),
    stop_timeout: durationText(spec.stopTimeout, `${where}.stop_timeout`),
    hardening: spec.hardening && writtenHardening(spec.hardening, `${where}.hardening`),
    update_order: word(UPDATE_ORDERS, spec.updateOrder, `${where}.update_order`),
  });
}

function writtenHealthcheck({ probe, ...spec }: Healthcheck, where: string): object {
  return given({
    ...(probe.case === undefined ? {} : { [probe.case]: probe.case === "exec" ? probe.value.command : probe.value }),
    port: count(spec.port),
    interval: durationText(spec.interval, `${where}.interval`),
    timeout: durationText(spec.timeout, `${where}.timeout`),
    retries: count(spec.retries),
    deadline: durationText(spec.deadline, `${where}.deadline`),
  });
}

function writtenHardening(spec: Hardening, where: string): object {
  return given({
    profile: word(PROFILES, spec.profile, `${where}.profile`),
    read_only: spec.readOnly,
    tmpfs: spec.tmpfs,
    cap_drop: spec.capDrop,
    cap_add: spec.capAdd,
    security_opt: spec.securityOpt,
    userns: text(spec.userns),
  });
}

/** An empty text and a zero are what proto3 has for "not set". */
function text(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function count(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

function bytes(value: bigint, where: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalidDefinition(`${where}.resources.memory: ${value} bytes are more than any node has`);
}

function durationText(duration: Duration | undefined, where: string): string | undefined {
  if (duration === undefined) return undefined;
  const ms = Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
  if (Number.isSafeInteger(ms) && ms >= 0) return formatDuration(ms);
  throw invalidDefinition(`${where}: ${ms} ms is no duration`, "whole milliseconds, not below 0");
}

function word<T>(words: ReadonlyMap<number, T>, value: number, where: string): T {
  const found = words.get(value);
  if (found !== undefined || words.has(value)) return found as T;
  throw invalidDefinition(`${where}: ${value} is not known here`, "whoever sent it may be newer than this program: update this one");
}

/** protobuf keeps fields that it does not know beside those it does. */
function refuseUnknownFields(message: unknown, from: string): void {
  if (Array.isArray(message)) for (const each of message) refuseUnknownFields(each, from);
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return;
  const unknown = (message as { $unknown?: readonly { no: number }[] }).$unknown ?? [];
  if (unknown.length > 0) {
    throw invalidDefinition(
      `${from} has a field (number ${unknown[0]?.no}) that is not known here`,
      "whoever sent it may be newer than this program: update this one",
    );
  }
  for (const [key, value] of Object.entries(message)) if (!key.startsWith("$")) refuseUnknownFields(value, from);
}
