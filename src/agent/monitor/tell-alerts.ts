import type { Alert, AlertKind } from "./alert.ts";
import { decideAlert } from "./decide-alert.ts";
import { driftText } from "./drift-of.ts";
import type { WatchContext } from "./watch-context.ts";
import type { Watched } from "./watched.ts";

const KINDS: readonly AlertKind[] = ["drift", "flap", "health"];

/** Sends what is to be told of a component now: nothing while an operation holds its service, its state is unknown, or the node is drained. */
export function tellAlerts(context: WatchContext, watched: Watched): void {
  const { record, isUnknown, alerts } = watched;
  const { operations } = context;
  if (record.desired === "ignore" || isUnknown || watched.last === undefined || operations.drained() || operations.busy(record.service))
    return;
  for (const kind of KINDS) {
    const trouble = troubleOf(watched, kind);
    if (trouble === undefined && !alerts[kind].isTold) continue;
    const decided = decideAlert(alerts[kind], trouble !== undefined, context.timing.monotonicMs(), context.settings.cooldownMs);
    alerts[kind] = decided.state;
    if (decided.send !== undefined) context.alerts.send(alertOf(context, watched, kind, decided.send, trouble ?? OVER[kind]));
  }
}

const OVER: Readonly<Record<AlertKind, string>> = {
  drift: "it is as it should be",
  flap: "it has not exited for a while",
  health: "it is not unhealthy any more",
};

function troubleOf({ drift, flap, health }: Watched, kind: AlertKind): string | undefined {
  switch (kind) {
    case "drift":
      return drift.length === 0 ? undefined : driftText(drift);
    case "flap":
      return flap.flapping ? `it exited ${flap.exits.length} times in a short while` : undefined;
    case "health":
      return health.health === "unhealthy" ? health.reason : undefined;
  }
}

function alertOf(context: WatchContext, watched: Watched, kind: AlertKind, state: Alert["state"], message: string): Alert {
  const { record, last, flap, health, containerName } = watched;
  return {
    kind,
    state,
    node: context.nodeName,
    service: record.service,
    component: record.name,
    container: containerName,
    desired: record.desired,
    observed: last?.observed ?? "unknown",
    health: health.health,
    exitCode: last?.exitCode,
    oomKilled: last?.oomKilled ?? false,
    exits: flap.exits.length,
    message: last === undefined || last.reason === "" ? message : `${message} (${last.reason})`,
    at: context.timing.now(),
  };
}
