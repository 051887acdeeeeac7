import { median } from "../gateway/report/statistics.ts";
import { textTable } from "../gateway/report/text-table.ts";
import type { Figure } from "./measure.ts";

/** The figures as a table: the middle one of the rounds, their ends, and whether a budget is met. Ends with a line end. */
export function figureTable(figures: readonly Figure[]): string {
  return `${textTable(["what", "median", "rounds", "unit", "budget", ""], figures.map(rowOf)).join("\n")}\n`;
}

function rowOf({ what, rounds, unit, budget }: Figure): readonly string[] {
  const middle = median(rounds);
  const range = `${readable(Math.min(...rounds))} … ${readable(Math.max(...rounds))}`;
  if (budget === undefined) return [what, readable(middle), range, unit, "none", ""];
  const met = budget.is === "at most" ? middle <= budget.limit : middle >= budget.limit;
  return [what, readable(middle), range, unit, `${budget.is} ${budget.limit.toLocaleString("en")}`, met ? "met" : "missed"];
}

function readable(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);
}
