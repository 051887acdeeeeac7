import type { ComponentState, ServiceState } from "../../api/agent/contract.ts";
import { dateOf, msOf } from "../../api/agent/message-time.ts";
import { ageOf, formatSpan } from "../age.ts";
import type { FleetNode } from "./fleet.ts";

/** One component and where it is. */
export interface ComponentRow {
  readonly node: string;
  readonly service: string;
  readonly component: ComponentState;
  readonly state: ServiceState;
}

/** The components of what nodes answered, in the order of node, service and component. */
export function componentRows(
  answers: readonly { readonly node: FleetNode; readonly value: { readonly services: readonly ServiceState[] } }[],
): readonly ComponentRow[] {
  return answers.flatMap(({ node, value }) =>
    value.services.flatMap((state) =>
      state.components.map((component) => ({ node: node.name, service: state.spec?.name ?? "", component, state })),
    ),
  );
}

/** How long it runs; `-` where it does not. */
export function uptimeOf({ uptime, startedAt }: ComponentState, now: Date): string {
  const ms = msOf(uptime);
  if (ms !== undefined) return formatSpan(ms);
  const started = dateOf(startedAt);
  return started === undefined ? "-" : ageOf(started.toISOString(), now);
}

export function orDash(text: string): string {
  return text === "" ? "-" : text;
}
