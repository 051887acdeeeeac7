import { given } from "../../core/given.ts";
import type { FieldDiff } from "../agent-use-cases.ts";
import { driftOf, driftText, isAsDesired } from "./drift-of.ts";
import { afterExit, afterQuiet } from "./flap.ts";
import { freshHealth } from "./health-of.ts";
import { WATCH_LIMITS } from "./monitor-settings.ts";
import type { Look, Seen } from "./observation-of.ts";
import { runningVersion } from "./running-version.ts";
import { tellAlerts } from "./tell-alerts.ts";
import { transitionOf } from "./transition-of.ts";
import type { WatchContext } from "./watch-context.ts";
import type { Watched } from "./watched.ts";

/** A look with what is to be known for judging it. */
export interface TakenLook {
  readonly look: Look;
  /** What it says of the component. */
  readonly seen: Seen;
  /** What the container differs in; undefined: as before, for a line of the engine's list tells no field. */
  readonly fields: readonly FieldDiff[] | undefined;
  /** Whether an operator has had something done to the service since the last change: what that changes is no flapping. */
  readonly afterOperation: boolean;
}

/** Makes a look what is known of a component, and writes down what has changed. An operation must not hold its service. */
export function takeLook(context: WatchContext, watched: Watched, { look, seen: judged, fields, afterOperation }: TakenLook): void {
  if (judged.observed === "unknown") {
    takeUnknown(context, watched, look, judged);
    return;
  }
  // The id of what was removed says that it was there once, and finds it again under another name.
  const seen = look.kind === "absent" ? { ...judged, containerId: watched.last?.containerId } : judged;
  tellKnownAgain(context, watched, seen);
  noteTransition(context, watched, seen, afterOperation);
  watched.last = seen;
  watched.info = look.kind === "found" ? look.info : undefined;
  if (fields !== undefined) watched.fields = fields;
  const { service, name: component } = watched.record;
  const { reason: _reason, degraded: _degraded, ...observation } = seen;
  const version = look.kind === "found" ? runningVersion(watched.record, look.info) : "";
  context.outbox.observe({ service, component, at: context.timing.now(), version, ...given(observation), observed: seen.observed });
  writeHealth(context, watched);
  noteDrift(context, watched, seen);
  tellAlerts(context, watched);
}

/**
 * Nothing about it changes by time alone, and nothing is to be put right. Nearly all are so nearly always, and each is asked once a
 * second.
 */
export function isCalm({ record, last, health, flap, drift, healAttempts, alerts }: Watched): boolean {
  if (last === undefined || !isAsDesired(record.desired, last.observed) || health.health === "unhealthy") return false;
  if (flap.exits.length > 0 || flap.flapping || drift.length > 0 || healAttempts > 0) return false;
  return !alerts.drift.isTold && !alerts.flap.isTold && !alerts.health.isTold;
}

/** As time passes without a look. */
export function letQuietPass(context: WatchContext, watched: Watched): void {
  const now = context.timing.monotonicMs();
  setFlap(context, watched, afterQuiet(watched.flap, now, context.settings));
  const isStable = watched.last?.observed === "running" && watched.health.health !== "unhealthy";
  if (isStable && watched.healAttempts > 0 && now - watched.upSince >= WATCH_LIMITS.stableAfterMs) watched.healAttempts = 0;
  tellAlerts(context, watched);
}

/** Writes down health and reason where they are not what the registry has. */
export function writeHealth({ outbox }: WatchContext, watched: Watched): void {
  const { record, health, last } = watched;
  const reason = health.reason !== "" ? health.reason : (last?.reason ?? "");
  if (record.health === health.health && record.reason === reason) return;
  outbox.health({ service: record.service, component: record.name }, health.health, reason);
  watched.record = { ...record, health: health.health, reason };
}

/** Adds an event of a component. */
export function tell(
  { outbox, timing }: WatchContext,
  { record }: Pick<Watched, "record">,
  event: { readonly kind: string; readonly from: string; readonly to: string; readonly message: string },
): void {
  if (record.desired !== "ignore") outbox.event({ at: timing.now(), service: record.service, component: record.name, ...event });
}

function takeUnknown(context: WatchContext, watched: Watched, look: Look, seen: Seen): void {
  const { service, name: component } = watched.record;
  if (!watched.isUnknown) context.outbox.observe({ service, component, observed: "unknown", at: context.timing.now() });
  watched.isUnknown = true;
  // That the whole engine is away is told once for the node, not for each of its components.
  if (watched.isUnknownTold || (look.kind === "unknown" && look.whose === "engine")) return;
  watched.isUnknownTold = true;
  tell(context, watched, { kind: "state", from: watched.last?.observed ?? "", to: "unknown", message: seen.reason });
}

function tellKnownAgain(context: WatchContext, watched: Watched, seen: Seen): void {
  const isTold = watched.isUnknownTold;
  watched.isUnknown = false;
  watched.isUnknownTold = false;
  const isSame = watched.last === undefined || watched.last.observed === seen.observed;
  if (isTold && isSame)
    tell(context, watched, { kind: "state", from: "unknown", to: seen.observed, message: "the engine tells of it again" });
}

function noteTransition(context: WatchContext, watched: Watched, seen: Seen, afterOperation: boolean): void {
  const before = watched.last;
  const transition = before === undefined ? undefined : transitionOf(before, seen);
  const now = context.timing.monotonicMs();
  if (before !== undefined && transition === undefined) return;
  if (seen.observed === "running") {
    watched.upSince = now;
    watched.probeDueAt = now;
    watched.health = healthAtStart(watched, before !== undefined, afterOperation);
  } else watched.health = { health: "none", reason: "", failures: 0 };
  if (transition === undefined) return;
  // What an operator has put in its place is told by the operation.
  if (transition.from !== transition.to || !afterOperation) tell(context, watched, { kind: "state", ...transition });
  if (transition.isExit && !afterOperation && watched.record.desired !== "ignore") {
    setFlap(context, watched, afterExit(watched.flap, now, context.settings));
  }
}

/** What an operation has waited for is healthy already; so is what was before the agent was. */
function healthAtStart({ record, health }: Watched, isAnotherRun: boolean, afterOperation: boolean): Watched["health"] {
  if (record.health === "healthy" && (afterOperation || !isAnotherRun)) return { health: "healthy", reason: "", failures: 0 };
  return isAnotherRun || health.health === "none" ? freshHealth(record.spec.healthcheck) : health;
}

function setFlap(context: WatchContext, watched: Watched, flap: Watched["flap"]): void {
  const before = watched.flap;
  watched.flap = flap;
  if (before.flapping === flap.flapping) return;
  const { service, name: component, restarts } = watched.record;
  context.outbox.restarts({ service, component }, restarts, flap.flapping);
  watched.record = { ...watched.record, flapping: flap.flapping };
  const minutes = Math.round(context.settings.flapWindowMs / 60_000);
  const message = flap.flapping
    ? `it exited ${flap.exits.length} times within ${minutes} minutes`
    : `it has not exited for ${minutes} minutes`;
  tell(context, watched, { kind: flap.flapping ? "flap" : "flap_resolved", from: "", to: "", message });
}

function noteDrift(context: WatchContext, watched: Watched, seen: Seen): void {
  const { record, containerName, fields, info } = watched;
  const before = watched.drift;
  const now = driftOf(record, seen, { wantedName: containerName, name: info?.name, fields });
  watched.drift = now;
  if (driftText(before) === driftText(now)) return;
  if (now.length === 0) {
    watched.driftSince = undefined;
    tell(context, watched, { kind: "drift_resolved", from: driftText(before), to: "", message: "it is as it should be" });
    return;
  }
  watched.driftSince ??= context.timing.now();
  tell(context, watched, { kind: "drift", from: "", to: "", message: driftText(now) });
}
