import type { StateEvent } from "../../api/agent/contract.ts";
import { dateOf } from "../../api/agent/message-time.ts";

/** An event as the cells of a table. */
export function eventRow(node: string, { at, serviceName, component, kind, from, to, message }: StateEvent): readonly string[] {
  const change = from === "" && to === "" ? "" : `${from === "" ? "-" : from} → ${to === "" ? "-" : to}`;
  const what = component === "" ? serviceName : `${serviceName}/${component}`;
  return [dateOf(at)?.toISOString() ?? "-", node, what, kind, change, message];
}
