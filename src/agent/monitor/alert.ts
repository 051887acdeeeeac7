import { oneLine } from "../../core/one-line.ts";
import type { DesiredState, Health, ObservedState } from "../registry/registry.ts";

export type AlertKind = "drift" | "flap" | "health";

/** One thing to tell an operator. */
export interface Alert {
  readonly kind: AlertKind;
  readonly state: "firing" | "resolved";
  readonly node: string;
  readonly service: string;
  readonly component: string;
  readonly container: string;
  readonly desired: DesiredState;
  readonly observed: ObservedState;
  readonly health: Health;
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  /** Exits within the flap window. */
  readonly exits: number;
  readonly message: string;
  readonly at: Date;
}

/** What the alert command is told in its environment. docs/configuration.md lists them. */
export function alertVariables(alert: Alert): Readonly<Record<string, string>> {
  return {
    MCP_ALERT: alert.kind,
    MCP_ALERT_STATE: alert.state,
    MCP_NODE: alert.node,
    MCP_SERVICE: alert.service,
    MCP_COMPONENT: alert.component,
    MCP_CONTAINER: alert.container,
    MCP_DESIRED: alert.desired,
    MCP_OBSERVED: alert.observed,
    MCP_HEALTH: alert.health,
    MCP_EXIT_CODE: alert.exitCode === undefined ? "" : String(alert.exitCode),
    MCP_OOM_KILLED: String(alert.oomKilled),
    MCP_EXITS: String(alert.exits),
    // A message may hold what a container has said.
    MCP_MESSAGE: oneLine(alert.message, 1000),
    MCP_AT: alert.at.toISOString(),
  };
}

/** What came of running the alert command once. */
export type AlertOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Runs the alert command once, within its own time limit; ends early with `signal`. Never throws. */
export type AlertCommand = (variables: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<AlertOutcome>;
