import type { ContainerInfo } from "../../runtime/runtime.ts";
import { containerNameOf, type SelfHeal } from "../../service-definition/service-definition.ts";
import type { FieldDiff } from "../agent-use-cases.ts";
import type { ComponentRecord } from "../registry/registry.ts";
import type { AlertKind } from "./alert.ts";
import { type AlertState, SILENT } from "./decide-alert.ts";
import { CALM, type Flap } from "./flap.ts";
import { freshHealth, type HealthState } from "./health-of.ts";
import type { Seen } from "./observation-of.ts";

/** What the monitor knows of a component while it watches it. Times are monotonic unless they are a Date. */
export interface Watched {
  /** As it was read last. */
  record: ComponentRecord;
  selfHeal: SelfHeal;
  readonly containerName: string;
  /** As it was seen last; never `unknown`. Undefined: never. */
  last: Seen | undefined;
  /** The engine could not say how it is now. */
  isUnknown: boolean;
  /** And an event has said so. */
  isUnknownTold: boolean;
  /** As the engine described it last; undefined where it has none. */
  info: ContainerInfo | undefined;
  /** When `info` was asked for. */
  inspectedAt: number;
  /** Of the look that was taken last; an older one that comes late is dropped. */
  lookNumber: number;
  /** An operation held its service when it was to be looked at: that is made up for when it is over. */
  isOwed: boolean;
  /** What the container itself differs in. */
  fields: readonly FieldDiff[];
  drift: readonly FieldDiff[];
  driftSince: Date | undefined;
  flap: Flap;
  /** Since when it has been running without an exit. */
  upSince: number;
  health: HealthState;
  probeDueAt: number;
  isProbed: boolean;
  healAttempts: number;
  healNotBefore: number;
  /** The newest operation of an operator that was known at its last change. */
  operationId: string | undefined;
  /** When it was seen last before it was watched: what operators have had done before that is no news. */
  readonly seenBefore: Date | undefined;
  readonly alerts: Record<AlertKind, AlertState>;
}

/** A component that is watched from now on: what the registry knows of it is what it changes from. */
export function watchedOf(record: ComponentRecord, selfHeal: SelfHeal, now: number): Watched {
  return {
    record,
    selfHeal,
    containerName: containerNameOf(record.service, record.name),
    last: lastOf(record),
    isUnknown: false,
    isUnknownTold: false,
    info: undefined,
    inspectedAt: Number.NEGATIVE_INFINITY,
    lookNumber: 0,
    isOwed: false,
    fields: [],
    drift: [],
    driftSince: undefined,
    // It was flapping a moment ago: a whole quiet window ends it, as ever.
    flap: record.flapping ? { exits: [now], flapping: true } : CALM,
    upSince: now,
    health: record.health === "none" ? freshHealth(record.spec.healthcheck) : { health: record.health, reason: record.reason, failures: 0 },
    probeDueAt: now,
    isProbed: false,
    healAttempts: 0,
    healNotBefore: now,
    operationId: undefined,
    seenBefore: record.observedAt,
    alerts: { drift: SILENT, flap: SILENT, health: SILENT },
  };
}

/** Undefined for one that nobody has looked at yet. What was known before it became unknown is not kept on disk. */
function lastOf(record: ComponentRecord): Seen | undefined {
  if (record.observedAt === undefined || record.observed === "unknown") return undefined;
  const { observed, containerId, imageDigest, startedAt, exitCode, oomKilled } = record;
  return { observed, containerId, imageDigest, startedAt, exitCode, oomKilled, reason: "", degraded: "" };
}

export function keyOf(service: string, component: string): string {
  return `${service}/${component}`;
}
