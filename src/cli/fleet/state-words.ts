import { DesiredState, Health, ObservedState, OperationKind, OperationState, PlannedAction, SyncChange } from "../../api/agent/contract.ts";

/** The words of the contract's numbers, as people read them. */
export const desiredWord = (state: DesiredState): string => word(DesiredState, state);
export const observedWord = (state: ObservedState): string => word(ObservedState, state);
export const healthWord = (health: Health): string => (health === Health.NONE ? "-" : word(Health, health));
export const operationWord = (kind: OperationKind): string => word(OperationKind, kind);
export const outcomeWord = (state: OperationState): string => word(OperationState, state).replace("_", " ");
export const syncWord = (change: SyncChange): string => word(SyncChange, change);

const ACTIONS: Readonly<Record<PlannedAction, string>> = {
  [PlannedAction.UNSPECIFIED]: "-",
  [PlannedAction.NONE]: "no change",
  [PlannedAction.CREATE]: "create",
  [PlannedAction.REPLACE_START_FIRST]: "replace, start-first",
  [PlannedAction.REPLACE_STOP_FIRST]: "replace, stop-first",
  [PlannedAction.START]: "start",
  [PlannedAction.STOP]: "stop",
  [PlannedAction.REMOVE]: "remove",
  [PlannedAction.REFUSED]: "refused",
};

export const actionWord = (action: PlannedAction): string => ACTIONS[action] ?? `action ${action}`;

/** A number that this version does not know is shown as such. */
function word(numbers: Readonly<Record<string, number>>, value: number): string {
  if (value === 0) return "-";
  const found = Object.entries(numbers).find(([, number]) => number === value);
  return found?.[0].toLowerCase() ?? String(value);
}
