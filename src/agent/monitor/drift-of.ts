import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { FieldDiff } from "../agent-use-cases.ts";
import type { ComponentRecord, DesiredState, ObservedState } from "../registry/registry.ts";
import type { Seen } from "./observation-of.ts";

/** In which fields a container differs from what its component says, without what an engine adds by itself. Throws where that cannot be told. */
export type DriftFinder = (record: ComponentRecord, container: ContainerInfo, signal: AbortSignal) => Promise<readonly FieldDiff[]>;

/** Whether it is as it should be; what nobody knows or has declared is. */
export function isAsDesired(desired: DesiredState, observed: ObservedState): boolean {
  if (desired === "ignore" || observed === "unknown") return true;
  return desired === "running" ? observed === "running" : observed !== "running";
}

/**
 * All that differs: its state, and where there is a container, its name, its fields and what keeps it. `fields` are what a
 * DriftFinder gave.
 */
export function driftOf(
  record: Pick<ComponentRecord, "desired">,
  seen: Pick<Seen, "observed" | "degraded">,
  container: { readonly wantedName: string; readonly name: string | undefined; readonly fields: readonly FieldDiff[] },
): readonly FieldDiff[] {
  if (record.desired === "ignore" || seen.observed === "unknown") return [];
  const diffs: FieldDiff[] = [];
  if (!isAsDesired(record.desired, seen.observed)) diffs.push({ field: "state", want: record.desired, have: seen.observed });
  if (container.name !== undefined && container.name !== container.wantedName) {
    diffs.push({ field: "name", want: container.wantedName, have: container.name });
  }
  if (seen.degraded !== "") diffs.push({ field: "condition", want: "sound", have: seen.degraded });
  return [...diffs, ...container.fields];
}

/** A sentence for people. */
export function driftText(diffs: readonly FieldDiff[]): string {
  return diffs.map(({ field, want, have }) => `${field} is ${shown(have)} and should be ${shown(want)}`).join("; ");
}

function shown(value: string): string {
  if (value === "") return "not set";
  return value.length > 100 ? `${value.slice(0, 100)}…` : value;
}
