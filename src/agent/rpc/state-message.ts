import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ComponentStateSchema,
  DesiredState,
  type DriftFindingSchema,
  Health,
  ObservedState,
  type ServiceStateSchema,
  type StateEventSchema,
} from "../../../gen/mcp/v1/state_pb.ts";
import { given } from "../../core/given.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import type { ComponentView, DriftFinding, ServiceView } from "../agent-use-cases.ts";
import type { ComponentRecord, DeploymentRecord, StateEvent } from "../registry/registry.ts";
import { durationOf, timestampOf } from "./time-message.ts";

export const DESIRED: Readonly<Record<ComponentRecord["desired"], DesiredState>> = {
  running: DesiredState.RUNNING,
  stopped: DesiredState.STOPPED,
  ignore: DesiredState.IGNORE,
};

const OBSERVED: Readonly<Record<ComponentRecord["observed"], ObservedState>> = {
  running: ObservedState.RUNNING,
  stopped: ObservedState.STOPPED,
  exited: ObservedState.EXITED,
  removed: ObservedState.REMOVED,
  unknown: ObservedState.UNKNOWN,
};

const HEALTH: Readonly<Record<ComponentRecord["health"], Health>> = {
  none: Health.NONE,
  starting: Health.STARTING,
  healthy: Health.HEALTHY,
  unhealthy: Health.UNHEALTHY,
};

export function serviceMessage(view: ServiceView, now: Date): MessageInitShape<typeof ServiceStateSchema> {
  return {
    spec: toSpec(definitionOf(view)),
    components: view.components.map((component) => componentMessage(component, now)),
    operationId: view.operationId ?? "",
    ...given({ updatedAt: timestampOf(view.service.updatedAt) }),
  };
}

function definitionOf({ service, components }: ServiceView): ServiceDefinition {
  const { name, node, active, selfHeal, comment } = service;
  return { name, node, active, selfHeal, comment, components: components.map(({ record }) => record.spec) };
}

function componentMessage({ record, containerName, kept, drift }: ComponentView, now: Date): MessageInitShape<typeof ComponentStateSchema> {
  const { startedAt, observed } = record;
  const uptime = observed === "running" && startedAt !== undefined ? durationOf(now.getTime() - startedAt.getTime()) : undefined;
  return {
    name: record.name,
    desiredState: DESIRED[record.desired],
    observedState: OBSERVED[observed],
    containerName,
    containerId: record.containerId ?? "",
    version: record.version,
    imageDigest: record.imageDigest ?? "",
    health: HEALTH[record.health],
    reason: record.reason,
    oomKilled: record.oomKilled,
    deployment: BigInt(record.deployment),
    kept: kept.map(keptMessage),
    restarts: record.restarts,
    flapping: record.flapping,
    drift: drift.map((diff) => ({ ...diff })),
    ...given({ observedAt: timestampOf(record.observedAt), startedAt: timestampOf(startedAt), uptime, exitCode: record.exitCode }),
  };
}

function keptMessage({ number, image, imageDigest, at, by }: DeploymentRecord) {
  return { number: BigInt(number), image, imageDigest, deployedBy: by, ...given({ deployedAt: timestampOf(at) }) };
}

export function eventMessage({ id, at, service, ...event }: StateEvent): MessageInitShape<typeof StateEventSchema> {
  return { ...event, id: BigInt(id), serviceName: service, ...given({ at: timestampOf(at) }) };
}

export function driftMessage(finding: DriftFinding): MessageInitShape<typeof DriftFindingSchema> {
  const { service, component, desired, observed, diffs, since } = finding;
  return {
    serviceName: service,
    component,
    desiredState: DESIRED[desired],
    observedState: OBSERVED[observed],
    diffs: diffs.map((diff) => ({ ...diff })),
    ...given({ since: timestampOf(since) }),
  };
}
