import { containerNameOf } from "../../service-definition/service-definition.ts";
import type { ComponentView, DriftFinding, FieldDiff } from "../agent-use-cases.ts";
import { isAsDesired } from "../monitor/drift-of.ts";
import type { ComponentRecord, DeploymentRecord } from "../registry/registry.ts";

/** What is known to differ in a component, and since when; of its state, the record knows better. */
export interface SeenDrift {
  readonly diffs: readonly FieldDiff[];
  readonly since: Date | undefined;
}

export function componentView(record: ComponentRecord, kept: readonly DeploymentRecord[], seen: SeenDrift): ComponentView {
  return { record, containerName: containerNameOf(record.service, record.name), kept, drift: diffsOf(record, seen) };
}

/** Undefined: nothing differs. */
export function driftFinding(record: ComponentRecord, seen: SeenDrift): DriftFinding | undefined {
  const diffs = diffsOf(record, seen);
  if (diffs.length === 0) return undefined;
  const { service, name: component, desired, observed } = record;
  return { service, component, desired, observed, diffs, since: seen.since };
}

/** What was seen may be older than what the record says, since operations write there too. */
function diffsOf({ desired, observed }: ComponentRecord, { diffs }: SeenDrift): readonly FieldDiff[] {
  if (desired === "ignore") return [];
  const ofContainer = observed === "removed" ? [] : diffs.filter(({ field }) => field !== "state");
  return isAsDesired(desired, observed) ? ofContainer : [{ field: "state", want: desired, have: observed }, ...ofContainer];
}
