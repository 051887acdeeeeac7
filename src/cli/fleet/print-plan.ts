import { type ComponentPlan, PlannedAction } from "../../api/agent/contract.ts";
import { oneLine } from "../../core/one-line.ts";
import type { CliDeps } from "../ports.ts";
import { orDash } from "./component-rows.ts";
import { type Colour, paint } from "./paint.ts";
import { actionWord } from "./state-words.ts";

/** What a deploy would change, one component after the other. */
export function planText(components: readonly ComponentPlan[], showsColours: boolean): string {
  return components
    .map(({ component, action, diffs, reason }) => {
      const words = `${component}: ${actionWord(action)}${reason === "" ? "" : ` (${reason})`}`;
      const lines = diffs.map(({ field, want, have }) => `    ${oneLine(`${field}: ${orDash(have)} → ${orDash(want)}`, 400)}\n`);
      return `${paint(oneLine(words, 400), colourOf(action), showsColours)}\n${lines.join("")}`;
    })
    .join("");
}

export function changesNothing(components: readonly ComponentPlan[]): boolean {
  return components.every(({ action }) => action === PlannedAction.NONE || action === PlannedAction.UNSPECIFIED);
}

const RED: ReadonlySet<PlannedAction> = new Set([PlannedAction.REMOVE, PlannedAction.STOP, PlannedAction.REFUSED]);

function colourOf(action: PlannedAction): Colour {
  if (action === PlannedAction.NONE) return "bold";
  if (action === PlannedAction.CREATE || action === PlannedAction.START) return "green";
  return RED.has(action) ? "red" : "yellow";
}

/** Asks whether to go on; no is the answer to anything but yes. */
export async function confirm(deps: Pick<CliDeps, "readLine">, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await deps.readLine(`${question} [y/N] `)).trim());
}
